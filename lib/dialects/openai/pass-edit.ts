import { isObject, type JsonObject } from '../../core/json.ts'
import { membersOf, skipSpace } from '../../wire/json-scan.ts'
import { splice } from '../../wire/json-splice.ts'
import { encodeSse, type SseEvent } from '../../wire/sse.ts'
import { callIndexer } from './pass-calls.ts'
import { withoutGaps, withUsage } from './pass-gaps.ts'
import type { ReadOptions } from './pass-whole.ts'
import type { Sighting } from './watch.ts'

export type Editor = {
  /** The event as it is sent on: its own bytes, but for the model's name, the cost where a usage is, indexes of calls, and what is missing. */
  edited(event: SseEvent, chunk: JsonObject, sighting: Sighting): Uint8Array
  /** The same for an event that is known to begin as one that was edited before, and to hold neither usage nor calls. */
  renamed(event: SseEvent): Uint8Array
  /** The same for what stands before the text of such an event and behind it; undefined where neither side is left as it is. */
  around(before: string, behind: string): { before: string; behind: string } | undefined
}

export function editor({ publicModel, dollars }: ReadOptions): Editor {
  const rename = publicModel === undefined ? undefined : renamer(publicModel)
  const indexed = callIndexer()
  return {
    edited(event, chunk, sighting) {
      const named = rename && typeof chunk.model === 'string' && chunk.model !== publicModel
      const whole = withoutGaps(indexed(named ? rename(event.data) : event.data, chunk), chunk)
      const { usage } = sighting
      if (!usage || !isObject(chunk.usage)) return replaced(event, whole)
      return replaced(event, withUsage(whole, chunk.usage, { usage, cost: dollars(usage, sighting) }))
    },
    renamed: (event) => (rename ? replaced(event, rename(event.data)) : event.raw),
    around(before, behind) {
      const whole = rename ? rename(before + behind) : before + behind
      if (whole.endsWith(behind)) return { before: whole.slice(0, -behind.length), behind }
      return whole.startsWith(before) ? { before, behind: whole.slice(before.length) } : undefined
    },
  }
}

/** Chunks of a stream begin alike up to the model's name: what was found once is compared, not looked for again. */
function renamer(publicModel: string): (data: string) => string {
  let before = ''
  let after = ''
  return (data) => {
    if (before !== '' && data.slice(0, before.length) === before) return after + data.slice(before.length)
    const { members } = membersOf(data, skipSpace(data, 0))
    const [member, ...more] = members.filter(({ key }) => key === 'model')
    if (member !== undefined && more.length === 0) {
      before = data.slice(0, member.valueEnd)
      after = data.slice(0, member.valueStart) + JSON.stringify(publicModel)
    }
    return member === undefined ? data : splice(data, { set: { model: publicModel } })
  }
}

/** Comments, line ends and other fields of the event stay as they are. */
function replaced(event: SseEvent, data: string): Uint8Array {
  if (data === event.data) return event.raw
  const text = Buffer.from(event.raw.buffer, event.raw.byteOffset, event.raw.byteLength).toString('utf8')
  const at = text.lastIndexOf(event.data)
  if (at < 0) return encodeSse(data, event.event)
  return Buffer.from(text.slice(0, at) + data + text.slice(at + event.data.length))
}

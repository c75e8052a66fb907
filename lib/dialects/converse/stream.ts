import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { alikeParser } from '../../wire/json-alike.ts'
import type { StreamParser } from '../tongue.ts'
import { malformed } from '../broken-reply.ts'
import { exceptionFailure, isException } from './failure.ts'
import { finishPart } from './finish.ts'
import { type Kind, kindOf, openBlock, type OpenBlock } from './reply-blocks.ts'
import { tierPart } from '../service-tier.ts'
import { usageOf } from './usage.ts'

/**
 * Events of a Converse stream to parts. The counts follow the stop reason or come before it; the answer is complete once both
 * are here, or where the bytes end after the stop reason: nothing of it is missing then, only its counts.
 * Events that are not known are passed over; one that is not JSON may have been text, so it fails.
 */
export function streamParser(): StreamParser {
  const parse = alikeParser()
  const blocks = blockReader()
  let started = false
  let counted = false
  let stop: string | undefined

  const complete = (): ChatPart[] => [...blocks.closeAll(), finishPart(stop ?? '', blocks.inputs())]
  const read = (name: string, event: JsonObject): ChatPart[] => {
    switch (name) {
      case 'messageStart':
        return begin()
      case 'contentBlockStart':
        return blocks.start(event)
      case 'contentBlockDelta':
        return blocks.delta(event)
      case 'contentBlockStop':
        return blocks.stop(event)
      case 'messageStop':
        stop = stringOf(event.stopReason) ?? ''
        return counted ? complete() : []
      case 'metadata': {
        const usage = usageOf(event.usage)
        counted = true
        return [
          ...tierPart({ service_tier: event.serviceTier ?? null }),
          ...(usage ? [{ type: 'usage', usage } as const] : []),
          ...(stop === undefined ? [] : complete()),
        ]
      }
      default:
        return isException(event) ? [{ type: 'failure', failure: exceptionFailure(event, started) }] : []
    }
  }
  const begin = (): ChatPart[] => {
    const first = !started
    started = true
    return first ? [{ type: 'start' }] : []
  }

  return {
    push({ data, event }) {
      if (data.trim() === '') return []
      const json = parse(data)
      if (!isObject(json))
        return [{ type: 'failure', failure: malformed('The provider sent an event that is not JSON.') }]
      const name = event ?? ''
      const before = name.startsWith('contentBlock') ? begin() : []
      return [...before, ...read(name, json)]
    },
    end: () => (stop === undefined ? [] : complete()),
  }
}

/** Blocks by the provider's index and kind, since a block may change its kind unannounced. Numbered in the order they began. */
function blockReader() {
  const open = new Map<number, { kind: Kind; block: OpenBlock; id: string | undefined }>()
  const calls: OpenBlock[] = []
  let count = 0
  const begin = (index: number, kind: Kind, start: JsonObject): ChatPart[] => {
    const before = end(index)
    const { block, parts } = openBlock(kind, count++, start)
    open.set(index, { kind, block, id: stringOf(objectOf(start.toolUse).toolUseId) })
    if (block.input) calls.push(block)
    return [...before, ...parts]
  }
  const end = (index: number): ChatPart[] => {
    const closing = open.get(index)
    open.delete(index)
    return closing?.block.close() ?? []
  }
  const delta = (index: number, piece: JsonObject): ChatPart[] => {
    const given = kindOf(piece)
    if (given === undefined) return []
    const kind = given === 'citation' ? 'text' : given
    const known = open.get(index)
    if (known?.kind === kind) return known.block.add(piece)
    if (kind === 'toolUse')
      return [{ type: 'failure', failure: malformed('The provider sent arguments of a call it had not begun.') }]
    const parts = begin(index, kind, {})
    return [...parts, ...(open.get(index)?.block.add(piece) ?? [])]
  }
  const indexOf = (event: JsonObject): number => numberOf(event.contentBlockIndex) ?? 0
  return {
    start(event: JsonObject): ChatPart[] {
      const start = objectOf(event.start)
      const kind = kindOf(start)
      const id = stringOf(objectOf(start.toolUse).toolUseId)
      // Told twice, one call must not become two.
      if (id !== undefined && open.get(indexOf(event))?.id === id) return []
      return kind === undefined ? end(indexOf(event)) : begin(indexOf(event), kind, start)
    },
    delta: (event: JsonObject): ChatPart[] => delta(indexOf(event), objectOf(event.delta)),
    stop: (event: JsonObject): ChatPart[] => end(indexOf(event)),
    closeAll: (): ChatPart[] => [...open.keys()].flatMap(end),
    inputs: (): string[] => calls.map((block) => block.input?.() ?? ''),
  }
}

import type { ChatPart } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Named } from './namespaces.ts'
import { sealed } from './sealed.ts'

/** An event of a stream, without its number. */
export type Event = JsonObject & { type: string }

/** An item of the output that is being written. */
export type OutputItem = {
  /** Whether the part goes on with it; else it ends, and another begins. */
  takes(part: ChatPart): boolean
  /** `likely`: how likely the tokens of its text were. */
  write(part: ChatPart, likely: readonly JsonObject[]): Event[]
  /** Its last events, and the item as it is now. */
  close(status: 'completed' | 'incomplete'): { events: Event[]; item: JsonObject }
}

/** Where it stands in the output, and the id that all its events carry. */
export type Place = { id: string; index: number }

/** What each of its events says of where it stands. */
export const at = ({ id, index }: Place) => ({ item_id: id, output_index: index })
/** The event that begins it. */
export const added = ({ index }: Place, item: JsonObject): Event => ({
  type: 'response.output_item.added',
  output_index: index,
  item,
})
/** The event that ends it. */
export const done = ({ index }: Place, item: JsonObject): Event => ({
  type: 'response.output_item.done',
  output_index: index,
  item,
})

/** Thoughts are shown as a summary; signature or sealed data travel in `encrypted_content`. */
export function reasoningItem(place: Place, block: number): OutputItem {
  let text = ''
  let begun = false
  let encrypted: string | undefined
  const where = { ...at(place), summary_index: 0 }
  const summaryPart = () => ({ type: 'summary_text', text })
  const begin = (): Event[] => {
    if (begun) return []
    begun = true
    return [added(place, { id: place.id, type: 'reasoning', summary: [] })]
  }
  return {
    takes: (part) =>
      (part.type === 'reasoning' || part.type === 'signature' || part.type === 'redacted') && part.block === block,
    write(part) {
      const events = begin()
      if (part.type === 'signature') encrypted = sealed({ text, ...pick(part) })
      if (part.type === 'redacted') encrypted = sealed({ data: part.data, ...pick(part) })
      if (part.type !== 'reasoning' || part.text === '') return events
      if (text === '') events.push({ type: 'response.reasoning_summary_part.added', ...where, part: summaryPart() })
      text += part.text
      return [...events, { type: 'response.reasoning_summary_text.delta', ...where, delta: part.text }]
    },
    close() {
      const summary = text === '' ? [] : [summaryPart()]
      // Clients that keep their own history drop thoughts without a seal, and some hosts want theirs back.
      const seal = encrypted ?? (text === '' ? undefined : sealed({ text }))
      const item = { id: place.id, type: 'reasoning', summary, ...(seal ? { encrypted_content: seal } : {}) }
      const events: Event[] =
        text === ''
          ? []
          : [
              { type: 'response.reasoning_summary_text.done', ...where, text },
              { type: 'response.reasoning_summary_part.done', ...where, part: summaryPart() },
            ]
      return { events: [...begin(), ...events, done(place, item)], item }
    },
  }
}

const pick = (part: { signature?: string; format?: string; callId?: string }) => ({
  ...(part.signature === undefined ? {} : { signature: part.signature }),
  ...(part.format === undefined ? {} : { format: part.format }),
  ...(part.callId === undefined ? {} : { callId: part.callId }),
})

/** A call for the client to answer, by `call_id`. Its arguments are never empty: clients parse them. */
export function callItem(place: Place, call: ChatPart & { type: 'call' }, named: Named): OutputItem {
  const custom = call.custom === true
  const field = custom ? 'input' : 'arguments'
  const stem = custom ? 'response.custom_tool_call_input' : 'response.function_call_arguments'
  const base = { id: place.id, type: custom ? 'custom_tool_call' : 'function_call', call_id: call.id, ...named }
  let text = ''
  const add = (piece: string): Event[] => {
    text += piece
    return piece === '' ? [] : [{ type: `${stem}.delta`, ...at(place), delta: piece }]
  }
  return {
    takes: (part) => part.type === 'arguments' && part.block === call.block,
    write(part) {
      if (part.type === 'call') return [added(place, { ...base, [field]: '', status: 'in_progress' })]
      return part.type === 'arguments' ? add(part.text) : []
    },
    close(status) {
      const missing = text === '' && !custom && status === 'completed' ? add('{}') : []
      const item = { ...base, [field]: text, status }
      const last: Event = { type: `${stem}.done`, ...at(place), [field]: text, ...(custom ? {} : { name: named.name }) }
      return { events: [...missing, last, done(place, item)], item }
    },
  }
}

/** A picture that the model made, as the hosted tool that makes them here would have given it. */
export function imageItem(place: Place, image: ChatPart & { type: 'image' }): OutputItem {
  const base = { id: place.id, type: 'image_generation_call' }
  return {
    takes: () => false,
    write: () => [added(place, { ...base, status: 'in_progress', result: null })],
    close() {
      const item = {
        ...base,
        status: 'completed',
        result: image.base64,
        output_format: image.mediaType.split('/')[1] ?? '',
      }
      return { events: [done(place, item)], item }
    },
  }
}

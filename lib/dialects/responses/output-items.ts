import type { ChatPart } from '../../core/chat.ts'
import { type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
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

const at = ({ id, index }: Place) => ({ item_id: id, output_index: index })
export const added = ({ index }: Place, item: JsonObject): Event => ({
  type: 'response.output_item.added',
  output_index: index,
  item,
})
export const done = ({ index }: Place, item: JsonObject): Event => ({
  type: 'response.output_item.done',
  output_index: index,
  item,
})

type Kind = 'text' | 'refusal'
type OpenPart = { kind: Kind; text: string; annotations: JsonObject[]; logprobs: JsonObject[] }

const partOf = ({ kind, text, annotations, logprobs }: OpenPart): JsonObject =>
  kind === 'text' ? { type: 'output_text', text, annotations, logprobs } : { type: 'refusal', refusal: text }

/** The same entry as the chat API's, but that its bytes are always there. */
const tokenOf = ({ token, logprob, bytes, top_logprobs: top }: JsonObject): JsonObject => ({
  token: token ?? '',
  logprob: logprob ?? 0,
  bytes: bytes ?? [...Buffer.from(stringOf(token) ?? '')],
  ...(top === undefined ? {} : { top_logprobs: listOf(top).map((one) => tokenOf(objectOf(one))) }),
})

/**
 * Text and refusals: one message, a content part for each change between the two.
 * @param before length of the answer's text in front of it
 */
export function messageItem(place: Place, before: number): OutputItem {
  const base = { id: place.id, type: 'message', role: 'assistant' }
  const content = contentParts(place, before)
  let begun = false
  return {
    takes: ({ type }) => type === 'text' || type === 'refusal' || type === 'citation',
    write(part, likely) {
      if (part.type === 'citation') return content.cite(part.value)
      if ((part.type !== 'text' && part.type !== 'refusal') || part.text === '') return []
      const first = begun ? [] : [added(place, { ...base, status: 'in_progress', content: [] })]
      begun = true
      return [...first, ...content.write({ ...part, likely: likely.map(tokenOf) })]
    },
    close(status) {
      const events = content.close()
      const item = { ...base, status, content: [...content.parts] }
      return { events: [...events, done(place, item)], item }
    },
  }
}

type Written = (ChatPart & { type: Kind }) & { likely: JsonObject[] }

/** Events say less of a token than the item does. */
const withoutBytes = ({ token, logprob, top_logprobs: top }: JsonObject): JsonObject => ({
  token: token ?? '',
  logprob: logprob ?? 0,
  ...(top === undefined ? {} : { top_logprobs: listOf(top).map((one) => withoutBytes(objectOf(one))) }),
})

function contentParts(place: Place, earlier: number) {
  const parts: JsonObject[] = []
  let open: OpenPart | undefined
  /** Where the hub's block began: a citation vouches for all of it. */
  let block = { number: -1, start: 0 }
  /** Text of the answer in front of the open part: places are told in the answer, and written in the part. */
  let before = earlier
  const where = () => ({ ...at(place), content_index: parts.length })

  const close = (): Event[] => {
    if (!open) return []
    const { kind, text, logprobs } = open
    const part = partOf(open)
    const last: Event =
      kind === 'text'
        ? { type: 'response.output_text.done', ...where(), text, logprobs: logprobs.map(withoutBytes) }
        : { type: 'response.refusal.done', ...where(), refusal: text }
    const events: Event[] = [last, { type: 'response.content_part.done', ...where(), part }]
    parts.push(part)
    if (kind === 'text') before += text.length
    open = undefined
    return events
  }
  return {
    parts,
    close,
    write({ type: kind, text, likely, ...of }: Written): Event[] {
      const number = 'block' in of ? of.block : -1
      const events = open?.kind === kind ? [] : close()
      if (!open) {
        open = { kind, text: '', annotations: [], logprobs: [] }
        block = { number, start: 0 }
        const empty = { ...open, annotations: [], logprobs: [] }
        events.push({ type: 'response.content_part.added', ...where(), part: partOf(empty) })
      }
      open.logprobs.push(...likely)
      if (number !== block.number) block = { number, start: open.text.length }
      open.text += text
      const name = kind === 'text' ? 'response.output_text.delta' : 'response.refusal.delta'
      return [
        ...events,
        { type: name, ...where(), delta: text, ...(kind === 'text' ? { logprobs: likely.map(withoutBytes) } : {}) },
      ]
    },
    cite({ url, title, start_index: from, end_index: to }: JsonObject): Event[] {
      if (typeof url !== 'string' || open?.kind !== 'text') return []
      const [start, end] = [Number(from ?? NaN) - before, Number(to ?? NaN) - before]
      const within = start >= 0 && end <= open.text.length
      const stretch = within
        ? { start_index: start, end_index: end }
        : { start_index: block.start, end_index: open.text.length }
      const annotation = { type: 'url_citation', url, title: typeof title === 'string' ? title : '', ...stretch }
      const annotation_index = open.annotations.push(annotation) - 1
      return [{ type: 'response.output_text.annotation.added', ...where(), annotation_index, annotation }]
    },
  }
}

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

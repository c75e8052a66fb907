import type { ChatPart } from '../../core/chat.ts'
import { type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { added, at, done, type Event, type OutputItem, type Place } from './output-items.ts'

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

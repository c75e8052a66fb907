import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'

type Citations = {
  /** Told of all that the answer says, in order: citations name places in it. */
  note(parts: ChatPart[]): ChatPart[]
  parts(citation: Json, block: number): ChatPart[]
}

/**
 * Citations of one answer. The address of what is cited, where the document has one, stands where clients look for it, and so
 * does the stretch of text: Cohere counts it in the one content, the hub in the whole answer.
 */
export function citations(): Citations {
  const texts = new Map<number, { before: number; text: string }>()
  let length = 0
  const placeOf = (citation: Json, block: number): { start_index?: number; end_index?: number } => {
    const { start, end, text: quoted } = objectOf(citation)
    const [from, to, known] = [numberOf(start), numberOf(end), texts.get(block)]
    if (from === undefined || to === undefined || !known) return {}
    const { before, text } = known
    const at = text.slice(from, to) === stringOf(quoted) ? (index: number) => index : utf16(text)
    return { start_index: before + at(from), end_index: before + at(to) }
  }
  return {
    note(parts) {
      for (const part of parts) {
        if (part.type !== 'text') continue
        const known = texts.get(part.block) ?? { before: length, text: '' }
        known.text += part.text
        texts.set(part.block, known)
        length += part.text.length
      }
      return parts
    },
    parts(citation, block) {
      if (!isObject(citation)) return []
      const documents = listOf(citation.sources).map((source) => objectOf(objectOf(source).document))
      const { url, title } = documents.find((document) => typeof document.url === 'string') ?? {}
      if (typeof url !== 'string') return [{ type: 'citation', block, value: citation }]
      const found = { url, ...(typeof title === 'string' ? { title } : {}), ...placeOf(citation, block) }
      return [{ type: 'citation', block, value: { ...citation, ...found } }]
    },
  }
}

/** Places counted in characters, as those of UTF-16. */
const utf16 =
  (text: string) =>
  (index: number): number =>
    Array.from(text).slice(0, index).join('').length

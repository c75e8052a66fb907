import { isObject, type JsonObject, listOf, stringOf } from '../../core/json.ts'

/** A piece of reasoning as a host carries it: text, the seal of the text before it, or sealed text that none can read. */
export type Carried =
  | { text: string }
  | { signature: string; format: string | undefined; callId: string | undefined }
  | { data: string; format: string | undefined }

type Detail = {
  text: string
  signature: string
  data: string
  format: string | undefined
  /** The call that was sealed, where it is not the text. */
  callId: string | undefined
}

/**
 * Reads reasoning from the deltas of one reply. Hosts give it as plain text, as details that know who sealed it
 * (`reasoning_details`, `thinking_blocks`), or as both, in one delta or one after the other: nothing may come out twice, and what
 * was sealed must come out next to its seal.
 */
export function carriedReader(): (delta: JsonObject) => Carried[] {
  /** Text since the last seal, and all of it. */
  let open = ''
  const seal = (detail: Detail): Carried[] => {
    const { signature, data, format, callId } = detail
    if (data !== '') return [{ data, format }]
    if (signature === '') return []
    if (callId === undefined) open = ''
    return [{ signature, format, callId }]
  }
  const say = (text: string): Carried[] => {
    if (text === '') return []
    open += text
    return [{ text }]
  }
  return (delta) => {
    const plain = stringOf(delta.reasoning_content) || stringOf(delta.reasoning) || ''
    const details = detailsOf(delta)
    const detailed = details.map((detail) => detail.text).join('')
    if (plain !== '' && detailed !== plain) return [...say(plain), ...details.flatMap(seal)]
    return details.length === 0
      ? say(plain)
      : details.flatMap((detail) => {
          // Told again as a whole, for the sake of its seal, after it was streamed.
          const again = detail.signature !== '' && detail.text === open
          return [...(again ? [] : say(detail.text)), ...seal(detail)]
        })
  }
}

/** Details know whose they are; blocks say the same with less. */
function detailsOf(delta: JsonObject): Detail[] {
  const details = listOf(delta.reasoning_details).filter(isObject)
  if (details.length > 0) {
    return details.map(({ text, summary, signature, data, format, id }) => ({
      text: stringOf(text) ?? stringOf(summary) ?? '',
      signature: stringOf(signature) ?? '',
      data: stringOf(data) ?? '',
      format: stringOf(format),
      callId: stringOf(signature) ? stringOf(id) : undefined,
    }))
  }
  return listOf(delta.thinking_blocks)
    .filter(isObject)
    .map(({ thinking, signature, data }) => ({
      text: stringOf(thinking) ?? '',
      signature: stringOf(signature) ?? '',
      data: stringOf(data) ?? '',
      format: undefined,
      callId: undefined,
    }))
}

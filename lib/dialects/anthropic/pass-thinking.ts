import { type Json, type JsonObject, listOf, objectOf, stringOf, tryParseExact } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import { isTagged } from './signatures.ts'

/**
 * The request without reasoning that another provider wrote in earlier turns (the conversation moved here by a fallback, or by
 * its user): the host could not verify it and would refuse the whole request. `unsigned`: it takes what nobody signed.
 * A request without such blocks keeps its bytes. The text must be of that body.
 */
export function withoutForeignThinking(text: string, body: JsonObject, unsigned: boolean): string {
  const isForeign = (value: Json): boolean => {
    const { type, signature, data } = objectOf(value)
    if (type === 'redacted_thinking') return isTagged(stringOf(data) ?? '')
    if (type !== 'thinking') return false
    const sealed = stringOf(signature) ?? ''
    return isTagged(sealed) || (sealed === '' && !unsigned)
  }
  const holds = (message: Json): boolean => listOf(objectOf(message).content).some(isForeign)
  if (!listOf(body.messages).some(holds)) return text
  // Rebuilt from the text and not from the body, so that numbers in the input of calls stay as they were written.
  const messages = listOf(objectOf(tryParseExact(text)).messages).flatMap((message): Json[] => {
    if (!holds(message)) return [message]
    const content = listOf(objectOf(message).content).filter((block) => !isForeign(block))
    // A turn of reasoning alone explains nothing, and an empty one is refused.
    return content.length === 0 ? [] : [{ ...objectOf(message), content }]
  })
  return splice(text, { set: { messages } })
}

/**
 * Whether the request goes on after tool results of a turn without thinking: with a budget to think, the host refuses that.
 * Of the text that is sent.
 */
export function unsignedLoop(text: string): boolean {
  const messages = listOf(objectOf(tryParseExact(text)).messages).map(objectOf)
  const holds = ({ content }: JsonObject, type: RegExp): boolean =>
    listOf(content).some((block) => type.test(stringOf(objectOf(block).type) ?? ''))
  const at = messages.findLastIndex(({ role }) => role === 'assistant')
  // Messages of the user's that stand together are one to the host.
  const isAnswered = messages.slice(at + 1).some((message) => holds(message, /^tool_result$/))
  return isAnswered && !holds(messages[at] ?? {}, /thinking$/)
}

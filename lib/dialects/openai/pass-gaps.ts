import { isObject, type Json, type JsonObject, listOf, objectOf } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'

/**
 * A chunk with what SDKs read of every chunk, where its host leaves it out or has null for it: `choices`, and the delta of each.
 * Gives the very text where nothing is missing.
 */
export function withoutGaps(data: string, chunk: JsonObject): string {
  if (!Array.isArray(chunk.choices)) return splice(data, { set: { choices: [] } })
  let out = data
  for (const [at, choice] of chunk.choices.entries()) {
    if (!isObject(choice)) continue
    const place = ['choices', `${at}`]
    if (isObject(choice.delta)) out = withArguments(out, choice.delta, [...place, 'delta'])
    else if (!isObject(choice.message)) out = splice(out, { set: { delta: {} } }, place)
  }
  return out
}

/** Arguments of the message's calls as text: some hosts write the object itself, or null where there are none. */
export function withArguments(data: string, message: JsonObject, place: readonly string[]): string {
  let out = data
  for (const [at, call] of listOf(message.tool_calls).entries()) {
    const { arguments: given } = objectOf(objectOf(call).function)
    const text = textOf(given)
    if (text !== undefined)
      out = splice(out, { set: { arguments: text } }, [...place, 'tool_calls', `${at}`, 'function'])
  }
  return out
}

/** Undefined where it is a text, or not there. */
function textOf(given: Json | undefined): string | undefined {
  if (given === null) return ''
  return isObject(given) ? JSON.stringify(given) : undefined
}

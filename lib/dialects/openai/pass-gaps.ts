import { isObject, type Json, type JsonObject, listOf, objectOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
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
    if (isObject(choice.delta)) out = completed(out, choice.delta, [...place, 'delta'])
    else if (!isObject(choice.message)) out = splice(out, { set: { delta: {} } }, place)
  }
  return out
}

/** A message, or a piece of one, with what clients read of it under the names by which they know it. */
export const completed = (data: string, message: JsonObject, place: readonly string[]): string =>
  withReasoning(withArguments(data, message, place), message, place)

/** Groq, OpenRouter, vLLM and others call it `reasoning`; what reads DeepSeek's and LiteLLM's name finds it there too. */
function withReasoning(
  data: string,
  { reasoning, reasoning_content: known }: JsonObject,
  place: readonly string[],
): string {
  if (typeof reasoning !== 'string' || typeof known === 'string') return data
  return splice(data, { set: { reasoning_content: reasoning } }, place)
}

/** Arguments of the message's calls as text: some hosts write the object itself, or null where there are none. */
function withArguments(data: string, message: JsonObject, place: readonly string[]): string {
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

type Told = { usage: Usage; cost: number | undefined }

/**
 * The usage of a reply with what is put in: its cost (US$; undefined: unknown), and counts that the host keeps elsewhere
 * (`prompt_cache_hit_tokens`, `cached_tokens`), where OpenAI's clients look for them. Gives the very text where nothing is.
 */
export function withUsage(data: string, raw: JsonObject, { usage, cost }: Told): string {
  const set: JsonObject = {}
  const put = (name: string, detail: string, amount = 0): void => {
    const details = objectOf(raw[name])
    if (amount > 0 && typeof details[detail] !== 'number') set[name] = { ...details, [detail]: amount }
  }
  put('prompt_tokens_details', 'cached_tokens', usage.cached)
  put('completion_tokens_details', 'reasoning_tokens', usage.reasoning)
  if (cost !== undefined) set.cost = cost
  return Object.keys(set).length > 0 ? splice(data, { set }, ['usage']) : data
}

import type { ChatPart } from '../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, numberOf, stringOf } from '../core/json.ts'

/** Entries that are the chat API's, or nearly (the responses API, Ollama), as one part; nothing where there are none. */
export function logprobsPart(entries: Json | undefined, of?: 'refusal'): ChatPart[] {
  const tokens = listOf(entries ?? null)
    .filter(isObject)
    .map(printedToken)
  return tokens.length === 0 ? [] : [{ type: 'logprobs', tokens, ...(of && { of }) }]
}

/** Every member is there: SDKs declare them so. */
function printedToken(entry: JsonObject): JsonObject {
  const alternatives = listOf(entry.top_logprobs ?? null).filter(isObject)
  return { ...tokenOf(entry), top_logprobs: alternatives.map(tokenOf) }
}

const tokenOf = ({ token, logprob, bytes }: JsonObject): JsonObject => ({
  token: stringOf(token) ?? '',
  logprob: numberOf(logprob) === undefined ? 0 : (logprob ?? 0),
  bytes: Array.isArray(bytes) && bytes.length > 0 ? bytes : null,
})

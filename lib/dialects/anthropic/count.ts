import { type JsonObject, numberOf, objectOf } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import { betasThere, refusedThere } from '../converse/invoke-betas.ts'
import type { ChatCall } from '../dialect.ts'
import type { Flags } from '../flags.ts'
import { isPrivate } from '../openai/pass-private.ts'

type CountRequest = { headers: Record<string, string>; body: string }

/**
 * A messages request as its hosts count it, which refuse what has nothing to do with the prompt. Clouds that serve the API in an
 * envelope of their own have its version in the body (Anthropic's SDK for Vertex AI); Bedrock takes the whole body of an
 * InvokeModel, as base64 (AWS, InvokeModelTokensRequest).
 */
export function countRequest(call: ChatCall, { model, flags }: { model: string; flags: Flags }): CountRequest {
  const { text, body, headers = {} } = call
  const { anthropicVersion: version, invokeModel } = flags
  const remove = notCounted(body)
  if (version === undefined)
    return {
      headers: { 'anthropic-version': '2023-06-01', ...headers },
      body: splice(text, { set: { model }, remove }),
    }
  const { 'anthropic-version': _, ...others } = headers
  if (!invokeModel)
    return { headers: others, body: splice(text, { set: { model, anthropic_version: version }, remove }) }
  const set = { anthropic_version: version, max_tokens: leastCap(body), ...betasOf(others) }
  const gone = ['model', ...remove.filter((name) => !(name in set)), ...refusedThere]
  const invoke = Buffer.from(splice(text, { set, remove: gone })).toString('base64')
  return { headers: {}, body: JSON.stringify({ input: { invokeModel: { body: invoke } } }) }
}

/** InvokeModel demands a cap, larger than the budget to think with; how large has nothing to do with the count. */
const leastCap = ({ thinking }: JsonObject): number => 1 + (numberOf(objectOf(thinking).budget_tokens) ?? 0)

function betasOf(headers: Record<string, string>): JsonObject {
  const betas = betasThere(headers['anthropic-beta'])
  return betas.length > 0 ? { anthropic_beta: betas } : {}
}

/** Clients send what they are about to send; the endpoint refuses what has nothing to do with the prompt (its SDK's types). */
const notCounted = (body: JsonObject): string[] => [...unknownThere, ...Object.keys(body).filter(isPrivate)]
const unknownThere =
  `max_tokens stream temperature top_p top_k stop_sequences metadata service_tier container diagnostics fallbacks
   fallback_credit_token inference_geo`.split(/\s+/)

import type { Failure } from '../../core/failure.ts'
import { listOf, stringOf } from '../../core/json.ts'
import type { Bounds, ExchangeOptions, Seen, WholeReply } from '../dialect.ts'
import type { EmbeddingsCall } from './call.ts'
import { openaiFailure } from './failure.ts'
import { plainRequestText } from './pass-request.ts'
import { editedReply, malformed, parsedBody } from './pass-whole.ts'
import { usageOf } from './watch-usage.ts'

export type EmbeddingsOptions = Pick<
  ExchangeOptions,
  'upstreamModel' | 'publicModel' | 'params' | 'flags' | 'dropParams' | 'additionalDropParams' | 'dollars' | 'now'
>

export type EmbeddingsExchange = {
  body: string
  dropped: string[]
  whole(body: Uint8Array): WholeReply
  failure(status: number, headers: Record<string, string>, body: Uint8Array): Failure
}

/**
 * An embeddings request to a host of OpenAI's dialect. Vectors pass as they came (OpenAI's SDKs ask for base64 and decode it
 * themselves). Throws `unsupported_parameter`.
 */
export function embeddingsExchange(call: EmbeddingsCall, options: EmbeddingsOptions): EmbeddingsExchange {
  const { body, dropped } = plainRequestText(call.text, call.body, options)
  return {
    body,
    dropped,
    whole: (reply) => readEmbeddings(reply, options),
    failure: (status, headers, reply) =>
      openaiFailure(status, { date: new Date(options.now).toUTCString(), ...headers }, reply),
  }
}

function readEmbeddings(body: Uint8Array, options: EmbeddingsOptions): WholeReply {
  const parsed = parsedBody(body)
  if ('failure' in parsed) return parsed
  const { text, json } = parsed
  const usage = usageOf(json)
  if (listOf(json.data).length === 0) {
    return { failure: malformed('The provider answered without an embedding.', usage !== undefined) }
  }
  const seen: Seen = { contentBytes: 0, contentEvents: 0 }
  const model = stringOf(json.model)
  if (model) seen.model = model
  if (usage && usage.prompt > 0) seen.usage = usage
  const out = editedReply(text, json, seen, options)
  return { body: out === text ? body : out, seen }
}

/** Around each text a host may put a marker at both ends. */
const inputFraming = 4

/** Most tokens the inputs can be counted as: bytes of a text, or the tokens themselves. Nothing is generated. */
export function embeddingsBounds(call: Pick<EmbeddingsCall, 'inputs'>): Bounds {
  let inputTokens = 0
  for (const input of call.inputs) {
    inputTokens += inputFraming + (typeof input === 'string' ? Buffer.byteLength(input) : input.length)
  }
  return { inputTokens, outputCap: 0, choices: 1 }
}

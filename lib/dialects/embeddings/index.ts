import { isObject, type JsonObject, listOf } from '../../core/json.ts'
import type { Exchange, ExchangeOptions } from '../dialect.ts'
import { passExchange, type PlainCall, type Speaker } from '../endpoint.ts'
import { splice } from '../../wire/json-splice.ts'
import type { EmbeddingsCall } from './call.ts'
import { type Encoding, encoded, encodingOf } from './vectors.ts'

const codecs: Record<string, () => Promise<Speaker<EmbeddingsCall>>> = {
  mistral: async () => (await import('./renamed.ts')).mistral,
  voyage: async () => (await import('./renamed.ts')).voyage,
  jina: async () => (await import('./renamed.ts')).jina,
  nvidia: async () => (await import('./renamed.ts')).nvidia,
  cohere: async () => (await import('./cohere.ts')).cohere,
  nomic: async () => (await import('./hosts.ts')).nomic,
  watsonx: async () => (await import('./hosts.ts')).watsonx,
  gemini: async () => (await import('./google.ts')).gemini,
  vertex: async () => (await import('./google.ts')).vertex,
  bedrock: async () => (await import('./bedrock.ts')).bedrock,
}

/** Embeddings in the words of the provider's row. Throws `unsupported_parameter`. */
export async function embeddingsExchange(call: EmbeddingsCall, options: ExchangeOptions): Promise<Exchange> {
  const load = options.codec === undefined ? undefined : codecs[options.codec]
  return (load ? await load() : openai)(call, options)
}

/** Hosts of OpenAI's shape. Some give floats whatever they were asked for. */
export const openai: Speaker<PlainCall> = (call, options) =>
  passExchange(call, options, (json) => lookAt(json, encodingOf(call.body)))

/** Vectors pass as they came where they are what was asked for. */
export function lookAt(json: JsonObject, as: Encoding) {
  const entries = listOf(json.data).filter(isObject)
  if (entries.length === 0) return { missing: 'The provider answered without an embedding.' }
  const wrong = entries.some(({ embedding }) => (typeof embedding === 'string') !== (as === 'base64'))
  if (!wrong) return {}
  const data = entries.map((entry) => ({ ...entry, embedding: encoded(entry.embedding, as) ?? null }))
  if (data.some(({ embedding }) => embedding === null))
    return { missing: 'The provider answered with an embedding that cannot be read.' }
  return { edit: (text: string) => splice(text, { set: { data } }) }
}

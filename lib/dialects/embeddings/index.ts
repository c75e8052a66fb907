import type { Exchange, ExchangeOptions } from '../dialect.ts'
import { passExchange, type PlainCall, type Speaker } from '../endpoint.ts'
import type { EmbeddingsCall } from './call.ts'
import { encodingOf } from './vectors.ts'
import { lookAt } from './look.ts'

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

import type { Failure } from '../../core/failure.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { ExchangeOptions, Seen } from '../dialect.ts'
import { given, promptUsage } from '../endpoint.ts'
import { malformed } from '../broken-reply.ts'
import { nothingSeen } from '../seen.ts'
import type { EmbeddingsCall } from './call.ts'
import { encodingOf, listed } from './vectors.ts'

/** Vectors in the order of the inputs, and how many tokens the provider says to have read. */
export type Embedded = { vectors: readonly (Json | undefined)[]; tokens: number | undefined }

type Printed = { reply: JsonObject; seen: Seen } | { failure: Failure }

/** OpenAI's reply. Where the provider counted nothing, the usage is left out rather than told as zero. */
export function printed(call: EmbeddingsCall, options: ExchangeOptions, { vectors, tokens }: Embedded): Printed {
  const data = listed(vectors, encodingOf(call.body))
  if (!data || data.length !== call.inputs.length)
    return { failure: malformed('The provider answered without an embedding for every input.', true) }
  const usage = promptUsage(tokens)
  const cost = usage && options.dollars(usage)
  const told = usage && given({ prompt_tokens: usage.prompt, total_tokens: usage.prompt, cost })
  const model = options.publicModel ?? options.upstreamModel
  const reply = { object: 'list', data, model, ...(told && { usage: told }) }
  return { reply, seen: { ...nothingSeen(), ...(usage && { usage }) } }
}

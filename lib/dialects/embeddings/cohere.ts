import { type Json, type JsonObject, listOf, numberOf, objectOf } from '../../core/json.ts'
import type { ExchangeOptions } from '../dialect.ts'
import { besides, effectiveBody, exchangeOf, given, type Speaker } from '../endpoint.ts'
import type { EmbeddingsCall } from './call.ts'
import { textsOf } from './call.ts'
import { printed } from './printed.ts'

/** Cohere's `/v2/embed`: `input_type` is mandatory, and stored documents are what most embed. */
export const cohere: Speaker<EmbeddingsCall> = (call, options) => {
  const { body, dropped } = cohereBody(call, options)
  return exchangeOf(
    {
      body,
      dropped,
      read: (json) => {
        const billed = objectOf(objectOf(json.meta).billed_units)
        const tokens = (numberOf(billed.input_tokens) ?? 0) + (numberOf(billed.images) ?? 0)
        return printed(call, options, { vectors: vectorsOf(json), tokens })
      },
    },
    options,
  )
}

export function cohereBody(call: EmbeddingsCall, options: ExchangeOptions) {
  const body = effectiveBody(call.body, options)
  const said = ['input', 'encoding_format', 'dimensions', 'embedding_types']
  const { rest, dropped } = besides(body, said, { unknown: ['inputs', 'images'], dropParams: options.dropParams })
  const own = given({ texts: textsOf(call), embedding_types: ['float'], output_dimension: body.dimensions })
  return { body: { input_type: 'search_document', ...rest, ...own } satisfies JsonObject, dropped }
}

/** By type, or (where no type was asked for) bare. */
export const vectorsOf = (json: JsonObject): Json[] =>
  Array.isArray(json.embeddings) ? json.embeddings : listOf(objectOf(json.embeddings).float)

import { type Json, type JsonObject, listOf, numberOf, objectOf } from '../../core/json.ts'
import { besides, effectiveBody, exchangeOf, given, type Speaker } from '../endpoint.ts'
import { type EmbeddingsCall, textsOf } from './call.ts'
import { printed } from './printed.ts'

type Shape = {
  /** What the texts are called, and what `dimensions`. */
  texts: string
  dimensions?: string
  /** What `model` is called. */
  model?: string
  vectors: (json: JsonObject) => (Json | undefined)[]
  tokens: (json: JsonObject) => number | undefined
}

const speaker =
  ({ texts, dimensions, model = 'model', vectors, tokens }: Shape): Speaker<EmbeddingsCall> =>
  (call, options) => {
    const body = effectiveBody(call.body, options)
    const said = ['model', 'input', 'encoding_format', ...(dimensions === undefined ? [] : ['dimensions'])]
    const { rest, dropped } = besides(body, said, { unknown: ['dimensions'], dropParams: options.dropParams })
    const own = { [model]: options.upstreamModel, [texts]: textsOf(call) }
    const size = dimensions === undefined ? {} : given({ [dimensions]: body.dimensions })
    const read = (json: JsonObject) => printed(call, options, { vectors: vectors(json), tokens: tokens(json) })
    return exchangeOf({ body: { ...rest, ...own, ...size }, dropped, read }, options)
  }

export const nomic = speaker({
  texts: 'texts',
  dimensions: 'dimensionality',
  vectors: (json) => listOf(json.embeddings),
  tokens: ({ usage }) => numberOf(objectOf(usage).prompt_tokens) ?? numberOf(objectOf(usage).total_tokens),
})

/** The deployment's project or space comes by its default parameters (`project_id`). */
export const watsonx = speaker({
  texts: 'inputs',
  model: 'model_id',
  vectors: (json) => listOf(json.results).map((result) => objectOf(result).embedding),
  tokens: (json) => numberOf(json.input_token_count),
})

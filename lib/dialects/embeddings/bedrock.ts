import { type Json, type JsonObject, listOf, numberOf, objectOf } from '../../core/json.ts'
import type { ExchangeOptions } from '../dialect.ts'
import { awsFailure } from '../converse/failure.ts'
import { besides, effectiveBody, exchangeOf, given, type ReplyHeaders, type Speaker } from '../endpoint.ts'
import { type EmbeddingsCall, oneText } from './call.ts'
import { cohereBody, vectorsOf } from './cohere.ts'
import { printed } from './printed.ts'

/** What one maker's models are asked, and where the vectors of their answers are. */
type Family = {
  body: (call: EmbeddingsCall, options: ExchangeOptions) => { body: JsonObject; dropped: string[] }
  vectors: (json: JsonObject) => (Json | undefined)[]
}

const titan: Family = {
  body: (call, options) =>
    own(call, options, (body) => ({ inputText: oneText(call), ...given({ dimensions: body.dimensions }) })),
  vectors: (json) => [json.embedding ?? objectOf(json.embeddingsByType).float],
}

const nova: Family = {
  body: (call, options) =>
    own(call, options, (body) => ({
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose: 'GENERIC_INDEX',
        ...given({ embeddingDimension: body.dimensions }),
        text: { truncationMode: 'NONE', value: oneText(call) },
      },
    })),
  vectors: (json) => listOf(json.embeddings).map((one) => objectOf(one).embedding),
}

const cohere: Family = {
  body: (call, options) => {
    const { body, dropped } = cohereBody(call, options)
    return { body: Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'model')), dropped }
  },
  vectors: vectorsOf,
}

function own(call: EmbeddingsCall, options: ExchangeOptions, print: (body: JsonObject) => JsonObject) {
  const body = effectiveBody(call.body, options)
  const said = ['model', 'input', 'encoding_format', 'dimensions']
  const { rest, dropped } = besides(body, said, { unknown: [], dropParams: options.dropParams })
  return { body: { ...rest, ...print(body) }, dropped }
}

/** By what the name of a model, a profile or an ARN says; the first that fits. */
const families: readonly [RegExp, Family][] = [
  [/cohere\.embed/, cohere],
  [/nova.*embed/, nova],
  [/./, titan],
]

/** Embedding models behind Bedrock's InvokeModel. Tokens stand in a header where they are not in the reply. */
export const bedrock: Speaker<EmbeddingsCall> = (call, options) => {
  const name = options.baseModel ?? options.upstreamModel
  const { body: print, vectors } = families.find(([models]) => models.test(name))?.[1] ?? titan
  const { body, dropped } = print(call, options)
  const read = (json: JsonObject, headers: ReplyHeaders) => {
    const tokens = numberOf(json.inputTextTokenCount) ?? Number(headers['x-amzn-bedrock-input-token-count'])
    return printed(call, options, { vectors: vectors(json), tokens: Number.isFinite(tokens) ? tokens : undefined })
  }
  return exchangeOf({ body, dropped, failure: awsFailure, read }, options)
}

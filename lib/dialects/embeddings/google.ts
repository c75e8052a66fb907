import { type JsonObject, listOf, numberOf, objectOf } from '../../core/json.ts'
import { besides, effectiveBody, exchangeOf, given, type Speaker } from '../endpoint.ts'
import { geminiFailure } from '../gemini/failure.ts'
import { type EmbeddingsCall, textsOf } from './call.ts'
import { printed } from './printed.ts'
import { normalised } from './vectors.ts'

/** Names of ours that both of Google's doors have; what else stands in the request is the door's own. */
const said = ['model', 'input', 'encoding_format', 'dimensions', 'task_type', 'taskType', 'title']

const taskOf = ({ task_type: task, taskType }: JsonObject) => task ?? taskType

/**
 * AI Studio's batch: one request per text. Vectors shortened by `dimensions` come unscaled (ai.google.dev, "Embeddings"), and
 * OpenAI's always have length one.
 */
export const gemini: Speaker<EmbeddingsCall> = (call, options) => {
  const body = effectiveBody(call.body, options)
  const { rest, dropped } = besides(body, said, { unknown: [], dropParams: options.dropParams })
  const model = `models/${options.upstreamModel}`
  const size = { outputDimensionality: body.dimensions, taskType: taskOf(body), title: body.title }
  const requests = textsOf(call).map((text) => ({ ...rest, model, content: { parts: [{ text }] }, ...given(size) }))
  return exchangeOf(
    {
      body: { requests },
      dropped,
      failure: geminiFailure,
      read: (json) => {
        const values = listOf(json.embeddings).map((one) => objectOf(one).values)
        const vectors = body.dimensions === undefined ? values : values.map(normalised)
        return printed(call, options, { vectors, tokens: numberOf(objectOf(json.usageMetadata).promptTokenCount) })
      },
    },
    options,
  )
}

/** Vertex's prediction: an instance per text. */
export const vertex: Speaker<EmbeddingsCall> = (call, options) => {
  const body = effectiveBody(call.body, options)
  const { rest, dropped } = besides(body, said, { unknown: [], dropParams: options.dropParams })
  const instance = given({ task_type: taskOf(body), title: body.title })
  const instances = textsOf(call).map((content) => ({ content, ...instance }))
  const parameters = given({ ...rest, outputDimensionality: body.dimensions })
  return exchangeOf(
    {
      body: { instances, ...(Object.keys(parameters).length > 0 && { parameters }) },
      dropped,
      failure: geminiFailure,
      read: (json) => {
        const found = listOf(json.predictions).map((one) => objectOf(objectOf(one).embeddings))
        const values = found.map((one) => one.values)
        const counts = found.map(({ statistics }) => numberOf(objectOf(statistics).token_count) ?? 0)
        const tokens = counts.reduce((sum, count) => sum + count, 0)
        return printed(call, options, {
          vectors: body.dimensions === undefined ? values : values.map(normalised),
          tokens,
        })
      },
    },
    options,
  )
}

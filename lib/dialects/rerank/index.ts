import { type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { awsFailure } from '../converse/failure.ts'
import type { Exchange, ExchangeOptions } from '../dialect.ts'
import { besides, effectiveBody, exchangeOf, given, type Speaker } from '../endpoint.ts'
import { malformed } from '../broken-reply.ts'
import { nothingSeen } from '../seen.ts'
import { type RerankCall, said, topOf } from './call.ts'

type Scored = { index: number; score: number }
type Told = { results: Scored[]; tokens?: number | undefined; searches?: number | undefined }

type Shape = {
  print: (call: RerankCall, body: JsonObject) => Record<string, Json | undefined>
  read: (json: JsonObject) => Told
  failure?: Exchange['failure']
}

/** Rerank in the words of the provider's row; Cohere's where it names none. Throws `unsupported_parameter`. */
export function rerankExchange(call: RerankCall, options: ExchangeOptions): Exchange {
  return speaker(shapes[options.codec ?? 'cohere'] ?? cohere)(call, options)
}

const speaker =
  ({ print, read, failure }: Shape): Speaker<RerankCall> =>
  (call, options) => {
    const body = effectiveBody(call.body, options)
    const { rest, dropped } = besides(body, said, { unknown: [], dropParams: options.dropParams })
    return exchangeOf(
      {
        body: { ...rest, ...given(print(call, body)) },
        dropped,
        ...(failure && { failure }),
        read: (json) => printed(call, { json, told: read(json) }),
      },
      options,
    )
  }

/** Cohere's reply, best first, as many as were asked for. Documents are put back here: who reads them need not send them. */
function printed(call: RerankCall, { json, told }: { json: JsonObject; told: Told }) {
  const top = numberOf(call.body.top_n) || Infinity
  const sorted = told.results.toSorted((a, b) => b.score - a.score).slice(0, top)
  const broken = sorted.some(({ index }) => call.texts[index] === undefined)
  if (sorted.length === 0 || broken) return { failure: malformed('The provider answered without an order.', true) }
  const results = sorted.map(({ index, score }) => ({
    index,
    relevance_score: score,
    ...(call.returns && { document: documentOf(call.documents[index]) }),
  }))
  const { tokens, searches } = told
  const usage: Usage | undefined = tokens === undefined ? undefined : { prompt: tokens, completion: 0 }
  const meta = {
    ...(searches !== undefined && { billed_units: { search_units: searches } }),
    ...(tokens !== undefined && { tokens: { input_tokens: tokens } }),
  }
  const reply = { id: stringOf(json.id) ?? '', results, meta }
  const units = searches === undefined ? undefined : { searchUnits: searches }
  return { reply, seen: { ...nothingSeen(), ...(usage && { usage }), ...(units && { units }) } }
}

const documentOf = (document: Json | undefined): JsonObject =>
  typeof document === 'string' ? { text: document } : objectOf(document)

const scored = (list: Json | undefined, score: string): Scored[] =>
  listOf(list).flatMap((entry) => {
    const one = objectOf(entry)
    const [index, value] = [numberOf(one.index), numberOf(one[score])]
    return index === undefined || value === undefined ? [] : [{ index, score: value }]
  })

const tokensIn = ({ usage, meta }: JsonObject): number | undefined =>
  numberOf(objectOf(usage).total_tokens) ?? numberOf(objectOf(objectOf(meta).tokens).input_tokens)

const fromCohere = (json: JsonObject): Told => ({
  results: scored(json.results, 'relevance_score'),
  tokens: tokensIn(json),
  searches: numberOf(objectOf(objectOf(json.meta).billed_units).search_units),
})

const cohere: Shape = {
  print: ({ query, texts }, body) => ({
    model: body.model,
    query,
    documents: texts,
    top_n: topOf(body),
    max_tokens_per_doc: body.max_tokens_per_doc,
  }),
  read: fromCohere,
}

/** Sends documents back unless it is told not to. */
const jina: Shape = {
  print: ({ query, texts }, body) => ({
    model: body.model,
    query,
    documents: texts,
    top_n: topOf(body),
    return_documents: false,
  }),
  read: fromCohere,
}

const voyage: Shape = {
  print: ({ query, texts }, body) => ({ model: body.model, query, documents: texts, top_k: topOf(body) }),
  read: (json) => ({ results: scored(json.data, 'relevance_score'), tokens: tokensIn(json) }),
}

/** The model is in the path. */
const bedrock: Shape = {
  print: ({ query, texts }, body) => ({ query, documents: texts, top_n: topOf(body), api_version: 2 }),
  read: fromCohere,
  failure: awsFailure,
}

/** Its scores are logits: those of no other are below nothing, so they become what they stand for. */
const nvidia: Shape = {
  print: ({ query, texts }, body) => ({
    model: body.model,
    query: { text: query },
    passages: texts.map((text) => ({ text })),
  }),
  read: (json) => ({
    results: scored(json.rankings, 'logit').map(({ index, score }) => ({ index, score: 1 / (1 + Math.exp(-score)) })),
    tokens: tokensIn(json),
  }),
}

const watsonx: Shape = {
  print: ({ query, texts }, body) => ({
    model_id: body.model,
    query,
    inputs: texts.map((text) => ({ text })),
    ...(topOf(body) !== undefined && { parameters: { return_options: { top_n: topOf(body) ?? 0 } } }),
  }),
  read: (json) => ({ results: scored(json.results, 'score'), tokens: numberOf(json.input_token_count) }),
}

/** One score for each document, in their order; the model is in the path. */
const deepinfra: Shape = {
  print: ({ query, texts }) => ({ queries: [query], documents: texts }),
  read: (json) => ({
    results: listOf(json.scores).flatMap((value, index) => {
      const score = numberOf(value)
      return score === undefined ? [] : [{ index, score }]
    }),
    tokens: numberOf(json.input_tokens),
  }),
}

const shapes: Record<string, Shape> = { cohere, jina, voyage, bedrock, nvidia, watsonx, deepinfra }

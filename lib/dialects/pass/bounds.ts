import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf } from '../../core/json.ts'
import type { Bounds } from '../dialect.ts'
import { imageTokens } from '../openai/media-bounds.ts'
import { askedTier } from '../service-tier.ts'

/**
 * Members by which a request has a provider read, search or run what no count of its bytes bounds. Google reads each by two
 * names (`google_maps`, `googleMaps`), so they are compared without underscores.
 */
const endless = new Set(
  `cachedContent codeExecution enterpriseWebSearch exaAiSearch externalApi fileData fileSearch googleMaps googleSearch
   googleSearchRetrieval guardrailConfig mcpServers parallelAiSearch promptVariables retrieval s3Location systemTool urlContext
   previousResponseId conversation background`
    .toLowerCase()
    .split(/\s+/),
)
const isEndless = (name: string): boolean => endless.has(name.replaceAll('_', '').toLowerCase())
/** A picture of few bytes may be counted as many tokens. */
const media = new Set(['inlineData', 'inline_data', 'image', 'video', 'document', 'input_image', 'image_url'])
/** What a template and the frame of messages and tools add. */
const framing = 2000

/** Bounds of a request by its bytes alone. `cap` and `choices` are where its shape has them. */
export function bytesBounds(body: JsonObject, of: { cap?: number | undefined; choices?: number | undefined }): Bounds {
  const found = search(body)
  const tier = askedTier(body)
  return {
    inputTokens: Buffer.byteLength(JSON.stringify(body)) + framing + found.media * imageTokens,
    choices: Math.max(of.choices ?? 1, 1),
    ...(of.cap !== undefined && { outputCap: of.cap }),
    ...(tier && { tier }),
    ...(found.endless !== undefined && { unbounded: found.endless }),
  }
}

/** Without recursion: depth is the client's. Schemas and arguments may use any name, and are not looked into. */
function search(body: JsonObject): { media: number; endless?: string } {
  const open: Json[] = [body]
  const found: { media: number; endless?: string } = { media: 0 }
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (Array.isArray(item)) open.push(...item)
    if (!isObject(item)) continue
    for (const [name, value] of Object.entries(item)) {
      if (media.has(name)) found.media += 1
      if (isEndless(name) && value !== null && value !== false) found.endless ??= name
      if (name === 'type' && typeof value === 'string' && media.has(value)) found.media += 1
      if (!opaque.has(name)) open.push(value)
    }
  }
  return found
}

const opaque = new Set([
  'args',
  'inputSchema',
  'jsonSchema',
  'parameters',
  'parametersJsonSchema',
  'response',
  'responseSchema',
])

/** What is said twice is taken at its dearest: nobody knows which the provider reads. */
export function largestOf(...said: (Json | undefined)[]): number | undefined {
  // Google takes numbers as texts, too.
  const numbers = said.map((one) => (typeof one === 'string' ? Number(one) : numberOf(one)))
  const given = numbers.filter((one): one is number => Number.isFinite(one))
  return given.length > 0 ? Math.max(...given) : undefined
}

export const geminiBounds = (body: JsonObject): Bounds => {
  const configs = [body.generationConfig, body.generation_config].map(objectOf)
  return bytesBounds(body, {
    cap: largestOf(...configs.flatMap((one) => [one.maxOutputTokens, one.max_output_tokens])),
    choices: largestOf(...configs.flatMap((one) => [one.candidateCount, one.candidate_count])),
  })
}

export const converseBounds = (body: JsonObject): Bounds =>
  bytesBounds(body, { cap: numberOf(objectOf(body.inferenceConfig).maxTokens) })

/** Vectors have no answer to bound. */
export const vectorBounds = (body: JsonObject): Bounds => ({
  ...bytesBounds(body, { cap: 0 }),
  choices: Math.max(listOf(body.requests).length, 1),
})

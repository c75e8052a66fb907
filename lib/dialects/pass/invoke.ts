import { isObject, type Json, type JsonObject, numberOf, objectOf } from '../../core/json.ts'
import { mergeUsage, type Usage } from '../../core/usage.ts'
import { usageOf as converseUsage } from '../converse/usage.ts'
import type { Bounds } from '../dialect.ts'
import { usageOf as chatUsage } from '../openai/watch-usage.ts'
import { tierNamed } from '../service-tier.ts'
import { bytesBounds, largestOf } from './bounds.ts'
import type { Shape } from './shape.ts'

/** What the families that stand behind Bedrock's InvokeModel call the output cap (AWS's pages of model parameters). */
const caps = ['max_tokens', 'max_completion_tokens', 'max_gen_len', 'max_tokens_to_sample', 'maxTokens'] as const
const configs = { inferenceConfig: ['maxTokens', 'max_new_tokens'], textGenerationConfig: ['maxTokenCount'] } as const

function capOf(body: JsonObject): number | undefined {
  const inside = Object.entries(configs).flatMap(([config, names]) => names.map((name) => objectOf(body[config])[name]))
  return largestOf(...caps.map((name) => body[name]), ...inside)
}

/**
 * A model's own words behind InvokeModel, whichever family it is of: AWS counts beside them, in headers of a whole reply and in
 * the last event of a stream. How a family ends its streams is not known here; their frames are summed and have lengths.
 */
export const invokeShape: Shape = {
  path: /\/model\/[^/]+\/invoke(?:-with-response-stream)?$/,
  bounds: (body) => {
    const cap = capOf(body)
    return bytesBounds(body, { cap, choices: largestOf(body.num_generations, body.n) })
  },
  reader:
    (headers = {}) =>
    (json, opened) => ({
      // The larger of each: of an answer that a guardrail replaced, the model's own words count nothing.
      usage: merged(ownUsage(opened), metered(opened) ?? sentBeside(headers)),
      contentBytes: opened === json ? 0 : Buffer.byteLength(JSON.stringify(opened)),
    }),
  endsUnsaid: true,
}

const merged = (own: Usage | undefined, other: Usage | undefined): Usage | undefined =>
  other ? mergeUsage(own, other) : own

const ownUsage = (json: JsonObject): Usage | undefined => {
  const usage = objectOf(isObject(json.metadata) ? json.metadata.usage : json.usage)
  return numberOf(usage.inputTokens) === undefined ? chatUsage(json) : converseUsage(usage)
}

function metered(json: JsonObject): Usage | undefined {
  const metrics = json['amazon-bedrock-invocationMetrics']
  return isObject(metrics) ? counted((name) => metrics[`${name}TokenCount`]) : undefined
}

/** What a call asks for in its headers and pays for: another tier, a faster one, a guardrail (InvokeModel's reference). */
export function askedBeside(headers: Record<string, string>): Pick<Bounds, 'tier' | 'unbounded'> {
  const named = (name: string) => headers[`x-amzn-bedrock-${name}`]
  if (named('guardrailidentifier')) return { unbounded: 'x-amzn-bedrock-guardrailidentifier' }
  const latency = tierNamed(named('performanceconfig-latency'))
  if (latency !== undefined && latency !== 'standard')
    return { tier: { name: latency, param: 'x-amzn-bedrock-performanceconfig-latency' } }
  const tier = tierNamed(named('service-tier'))
  return tier === undefined ? {} : { tier: { name: tier, param: 'x-amzn-bedrock-service-tier' } }
}

/** AWS's own counts, which stand in the headers of a whole reply. */
export const sentBeside = (headers: Record<string, string>): Usage | undefined =>
  counted((name) => {
    const text =
      headers[`x-amzn-bedrock-${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-token-count`]
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : null
  })

/** They are called alike in both places; what was cached is not part of the input there. */
const counted = (count: (name: string) => Json | undefined): Usage | undefined => {
  const inputTokens = numberOf(count('input'))
  if (inputTokens === undefined) return undefined
  return converseUsage({
    inputTokens,
    outputTokens: count('output') ?? 0,
    cacheReadInputTokens: count('cacheReadInput') ?? 0,
    cacheWriteInputTokens: count('cacheWriteInput') ?? 0,
  })
}

import { isObject, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { boundsOf as messagesBounds } from '../anthropic/bounds.ts'
import { passesOf } from '../anthropic/passes.ts'
import { usageReader as messagesUsage } from '../anthropic/usage.ts'
import { usageOf as converseUsage } from '../converse/usage.ts'
import type { Bounds } from '../dialect.ts'
import { usageReader as geminiUsage } from '../gemini/usage.ts'
import { boundsOf as chatBounds } from '../openai/bounds.ts'
import { usageOf } from '../openai/watch-usage.ts'
import { responsesBounds } from '../responses/bounds.ts'
import { responseUsage } from '../responses/usage.ts'
import { pacedAt, tierNamed } from '../service-tier.ts'
import { bytesBounds, converseBounds, geminiBounds, largestOf, vectorBounds } from './bounds.ts'
import { invokeShape, sentBeside } from './invoke.ts'
import type { Shape, Sight } from './shape.ts'

const sizeOf = (value: unknown): number => (typeof value === 'string' ? Buffer.byteLength(value) : 0)
const textsOf = (value: JsonObject): number => Object.values(value).reduce<number>((sum, one) => sum + sizeOf(one), 0)

const messages = {
  remembers: true as const,
  bounds: (body: JsonObject): Bounds => {
    const bounds = messagesBounds(body)
    // Whose models they are is no question here.
    return body.fallbacks ? { ...bounds, unbounded: bounds.unbounded ?? 'fallbacks' } : bounds
  },
  reader: (headers: Record<string, string> = {}) => {
    const usage = messagesUsage()
    return (_sent: JsonObject, json: JsonObject): Sight => {
      const { delta, message, content } = json
      const finish = stringOf(json.stop_reason) ?? stringOf(objectOf(delta).stop_reason)
      const whole = listOf(content).reduce<number>((sum, block) => sum + textsOf(objectOf(block)), 0)
      const contentBytes = json.type === 'content_block_delta' ? textsOf(objectOf(delta)) : whole
      const counted = objectOf(message).usage ?? json.usage
      return {
        usage: usage(counted) ?? sentBeside(headers),
        finish,
        pace: pacedAt(objectOf(counted)),
        passes: passesOf(objectOf(counted)),
        contentBytes,
      }
    }
  },
}

/** Which calls a provider's own words make; the first that fits. */
const shapes: readonly Shape[] = [
  {
    path: /(?:\/count_tokens|:countTokens|\/count-tokens(?::rawPredict)?|\/input_tokens)$/,
    bounds: () => ({ inputTokens: 0, outputCap: 0, choices: 1 }),
    reader: () => () => ({}),
    free: true,
  },
  {
    path: /\/messages$|:(?:stream)?[rR]awPredict$|anthropic\.claude.*\/invoke(?:-with-response-stream)?$/,
    ...messages,
  },
  invokeShape,
  {
    path: /:(?:stream)?[gG]enerateContent$/,
    remembers: true,
    bounds: geminiBounds,
    reader: () => {
      const usage = geminiUsage()
      return (json) => {
        const candidates = listOf(json.candidates).map(objectOf)
        const parts = candidates.flatMap((one) => listOf(objectOf(one.content).parts).map(objectOf))
        return {
          usage: usage(json.usageMetadata),
          tier: geminiTier(objectOf(json.usageMetadata)),
          finish: stringOf(candidates.find((one) => one.finishReason !== undefined)?.finishReason),
          contentBytes: parts.reduce((sum, part) => sum + sizeOf(JSON.stringify(part)), 0),
        }
      }
    },
  },
  { path: /:(?:batchEmbedContents|embedContent)$/, bounds: vectorBounds, reader: () => vectors },
  {
    path: /\/converse(?:-stream)?$/,
    bounds: converseBounds,
    reader: () => (json) => ({
      usage: converseUsage(json.usage),
      tier: tierNamed(json.serviceTier),
      finish: stringOf(json.stopReason),
      contentBytes: sizeOf(JSON.stringify(json.delta ?? json.output ?? '')),
    }),
  },
  {
    path: /\/embeddings$/,
    bounds: (body) => ({ ...bytesBounds(body, { cap: 0 }), choices: 1 }),
    reader: () => vectors,
  },
  {
    path: /\/chat\/completions$/,
    bounds: (body) => {
      const bounds = chatBounds(body)
      const cap = largestOf(body.max_completion_tokens, body.max_tokens)
      const choices = largestOf(bounds.choices, body.n, body.best_of) ?? 1
      return { ...bounds, choices, ...(cap !== undefined && { outputCap: Math.max(cap, 1) }) }
    },
    reader: () => (json) => {
      const choices = listOf(json.choices).map(objectOf)
      return {
        usage: usageOf(json),
        tier: tierNamed(json.service_tier),
        finish: stringOf(choices.find((one) => one.finish_reason)?.finish_reason),
        contentBytes: choices.reduce((sum, one) => sum + textsOf(objectOf(one.delta ?? one.message)), 0),
      }
    },
  },
  {
    path: /\/responses$/,
    bounds: (body) => {
      const { unbounded } = bytesBounds(body, {})
      return { ...responsesBounds(body), ...(unbounded !== undefined && { unbounded }) }
    },
    reader: () => (json) => {
      const whole = isObject(json.response) ? json.response : json
      const ended = ['completed', 'incomplete', 'failed'].includes(stringOf(whole.status) ?? '')
      return {
        usage: responseUsage(whole),
        tier: tierNamed(whole.service_tier),
        finish: ended ? stringOf(whole.status) : undefined,
        contentBytes: sizeOf(json.delta),
      }
    },
  },
]

/** AI Studio says it by its name, Vertex by the kind of traffic. */
const geminiTier = ({ serviceTier, trafficType }: JsonObject) => tierNamed(serviceTier ?? trafficType)

const vectors = (json: JsonObject): Sight => {
  const tokens = numberOf(objectOf(json.usageMetadata).promptTokenCount)
  return {
    usage: usageOf(json) ?? (tokens === undefined ? undefined : { prompt: tokens, completion: 0 }),
    finish: 'stop',
  }
}

/** A query or a fragment that is hidden in a path: a host that decodes it reads a shorter path. */
const hidden = /%(?:3f|23)/i

/** Which kind of call a path makes; undefined: one that nobody here can read, and no hard budget pays for. */
export const shapeOf = (path: string): Shape | undefined =>
  hidden.test(path) ? undefined : shapes.find((shape) => shape.path.test(path))

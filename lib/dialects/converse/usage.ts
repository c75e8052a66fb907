import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

const count = (from: JsonObject, ...fields: string[]): number => {
  const found = fields.map((field) => numberOf(from[field])).find((value) => value !== undefined)
  return Math.max(0, Math.floor(found ?? 0))
}

/** The API counts input without what was read from or written to the prompt cache: it is added up here. */
export function usageOf(reported: Json | undefined): Usage | undefined {
  if (!isObject(reported)) return undefined
  const cached = count(reported, 'cacheReadInputTokens', 'cacheReadInputTokenCount')
  const cacheWrite = count(reported, 'cacheWriteInputTokens', 'cacheWriteInputTokenCount')
  const usage: Usage = {
    prompt: count(reported, 'inputTokens') + cached + cacheWrite,
    completion: count(reported, 'outputTokens'),
    cached,
    cacheWrite,
  }
  const hours = listOf(reported.cacheDetails)
    .map(objectOf)
    .filter(({ ttl }) => ttl === '1h')
  const hour = hours.reduce((sum, detail) => sum + count(detail, 'inputTokens'), 0)
  if (hour > 0) usage.cacheWrite1h = Math.min(hour, cacheWrite)
  return usage
}

import type { CacheMark } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf } from '../../core/json.ts'
import type { Family } from './families.ts'

const mostPoints = 4

/** A cache point stands as a block of its own behind what it closes. */
export const cachePoint = (mark: CacheMark | undefined): JsonObject[] =>
  mark ? [{ cachePoint: { type: 'default', ...(mark.ttl === undefined ? {} : { ttl: mark.ttl }) } }] : []

/**
 * Keeps of the body's cache points what the model takes: four, the last ones of the prompt (they cover the most); among tools
 * and for an hour only where the family has that; none that lives longer than one before it. True: some had to go altogether.
 */
export function limitPoints(body: JsonObject, { cache }: Family): boolean {
  const toolConfig = objectOf(body.toolConfig)
  const inTools = pointsIn(toolConfig.tools)
  const elsewhere = [body.system, ...listOf(body.messages).map((message) => objectOf(message).content)].flatMap(
    pointsIn,
  )
  const taken = cache ? [...(cache.tools ? inTools : []), ...elsewhere] : []
  const kept = new Set(taken.slice(-mostPoints))
  let short = false
  for (const point of kept) {
    const inner = objectOf(point.cachePoint)
    if (inner.ttl === '1h' && (short || !cache?.hour)) delete inner.ttl
    if (inner.ttl === '5m' && !cache?.hour) delete inner.ttl
    if (inner.ttl !== '1h') short = true
  }
  const stays = (block: Json) => !isPoint(block) || kept.has(block)
  if (toolConfig.tools) toolConfig.tools = listOf(toolConfig.tools).filter(stays)
  if (body.system) body.system = listOf(body.system).filter(stays)
  for (const message of listOf(body.messages).map(objectOf)) message.content = listOf(message.content).filter(stays)
  return !cache && inTools.length + elsewhere.length > 0
}

const isPoint = (block: Json): block is JsonObject => isObject(block) && isObject(block.cachePoint)
const pointsIn = (list: Json | undefined): JsonObject[] => listOf(list ?? []).filter(isPoint)

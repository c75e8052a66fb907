import type { CacheMark } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf } from '../../core/json.ts'

/** A breakpoint as it is printed on a block. */
export const cacheControl = (cache: CacheMark | undefined): JsonObject =>
  cache ? { cache_control: { type: 'ephemeral', ...(cache.ttl ? { ttl: cache.ttl } : {}) } } : {}

const mostBreakpoints = 4

/**
 * Keeps what is allowed: four breakpoints, the last ones of the prompt (they cover the most), and none that lives for an
 * hour behind one that lives for less. Changes the blocks of the body that was just printed.
 */
export function limitBreakpoints(body: JsonObject): void {
  const marked = promptBlocks(body).filter((block) => isObject(block.cache_control))
  const automatic = isObject(body.cache_control) ? 1 : 0
  const surplus = Math.max(0, marked.length + automatic - mostBreakpoints)
  for (const block of marked.slice(0, surplus)) delete block.cache_control
  let short = false
  for (const block of marked.slice(surplus)) {
    const control = objectOf(block.cache_control)
    if (control.ttl === '1h' && short) delete control.ttl
    if (control.ttl !== '1h') short = true
  }
}

/** Every block that can carry a breakpoint, in the order of the prompt. */
function promptBlocks(body: JsonObject): JsonObject[] {
  const messages = listOf(body.messages).flatMap((message) => listOf(objectOf(message).content))
  return [...listOf(body.tools), ...listOf(body.system), ...messages.flatMap(withInner)].filter(isObject)
}

/** Blocks inside a tool result come before it: its own breakpoint is at its end. */
const withInner = (block: Json): Json[] => [...listOf(objectOf(block).content), block]

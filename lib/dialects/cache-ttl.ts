import { isObject, type Json } from '../core/json.ts'

/** The longest time for which a request asks to have a cache kept; `usual`: it asks for none of its own. */
export type CacheTtl = '12h' | '1h' | 'usual'

/**
 * Written for longer, a cache costs more: Anthropic's for an hour (`cache_control.ttl`), OpenAI's for twelve
 * (`prompt_cache_options.ttl`, `prompt_cache_breakpoint.ttl`; `prompt_cache_retention` is a limit, and costs nothing). Wherever it
 * stands in these values. Without recursion: depth is the client's.
 */
export function cacheTtlOf(...values: Json[]): CacheTtl {
  let longest: CacheTtl = 'usual'
  const open = [...values]
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (Array.isArray(item)) for (const part of item) open.push(part)
    else if (isObject(item)) {
      if (item.ttl === '12h') return '12h'
      if (item.ttl === '1h') longest = '1h'
      for (const part of Object.values(item)) if (typeof part === 'object') open.push(part)
    }
  }
  return longest
}

import type { CacheMark } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject, listOf } from '../../core/json.ts'

/** A breakpoint of the provider's prompt cache, as clients put it on messages, parts and tools. */
export function cacheMark(value: Json | undefined): { cache?: CacheMark } {
  if (!isObject(value)) return {}
  return { cache: value.ttl === '1h' || value.ttl === '5m' ? { ttl: value.ttl } : {} }
}

/** Where the answer ends. An empty text says nothing, and hosts that look for it find it at once. */
export const stopsOf = (value: Json | undefined): string[] =>
  [value, ...listOf(value)].filter((one) => typeof one === 'string').filter((one) => one !== '')

/** Names the field, the value and what it should be. */
export const wrong = (param: string, expected: string, value: unknown): GatewayError =>
  new GatewayError('invalid_request', {
    param,
    message: `${param} must be ${expected}, not ${(JSON.stringify(value) ?? 'absent').slice(0, 80)}.`,
  })

/** `{googleSearch: {}}`: tools of Google have no type but one name, which LiteLLM's users write. */
export function isNativeTool(tool: JsonObject): boolean {
  const [name, ...more] = Object.keys(tool)
  return name !== undefined && more.length === 0 && name !== 'function' && name !== 'type' && isObject(tool[name])
}

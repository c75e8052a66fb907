import type { CacheMark } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { isObject, type Json } from '../../core/json.ts'

/** A breakpoint of the provider's prompt cache, as clients put it on messages, parts and tools. */
export function cacheMark(value: Json | undefined): { cache?: CacheMark } {
  if (!isObject(value)) return {}
  return { cache: value.ttl === '1h' || value.ttl === '5m' ? { ttl: value.ttl } : {} }
}

/** Names the field, the value and what it should be. */
export const wrong = (param: string, expected: string, value: unknown): GatewayError =>
  new GatewayError('invalid_request', {
    param,
    message: `${param} must be ${expected}, not ${(JSON.stringify(value) ?? 'absent').slice(0, 80)}.`,
  })

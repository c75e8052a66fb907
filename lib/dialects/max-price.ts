import { type Json, type JsonObject, objectOf } from '../core/json.ts'
import type { MaxPrice } from './dialect.ts'

/** Everything that a host can be dear in. */
export const priceKinds = ['prompt', 'completion', 'request', 'image'] as const satisfies readonly (keyof MaxPrice)[]

/**
 * The dearest host that a request lets serve it (`provider.max_price`, OpenRouter, "Provider routing"); undefined where it says
 * nothing. Its numbers may be written as texts.
 */
export function maxPriceOf(body: JsonObject): MaxPrice | undefined {
  const said = objectOf(objectOf(body.provider).max_price)
  const found = priceKinds.flatMap((kind) => {
    const dollars = dollarsOf(said[kind])
    return dollars === undefined ? [] : [[kind, dollars] as const]
  })
  return found.length > 0 ? Object.fromEntries(found) : undefined
}

function dollarsOf(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && number >= 0 ? number : undefined
}

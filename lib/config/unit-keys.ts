import type { JsonObject } from '../core/json.ts'
import { fromDollars, fromDollarsPerToken, type UnitPrices } from '../core/money.ts'
import type { Path } from './document.ts'
import { amount } from './fields.ts'
import type { Reading } from './reading.ts'

type Kind = 'image' | 'character' | 'audioHour' | 'searchUnit'

const perHour = (dollarsPerSecond: number) => fromDollars(dollarsPerSecond * 3600)

/** LiteLLM's names, US$ for one picture, character, second or search. */
const units: Record<string, { kind: Kind; price: (dollars: number) => number }> = {
  input_cost_per_image: { kind: 'image', price: fromDollars },
  output_cost_per_image: { kind: 'image', price: fromDollars },
  input_cost_per_character: { kind: 'character', price: fromDollarsPerToken },
  output_cost_per_character: { kind: 'character', price: fromDollarsPerToken },
  input_cost_per_second: { kind: 'audioHour', price: perHour },
  output_cost_per_second: { kind: 'audioHour', price: perHour },
  input_cost_per_audio_per_second: { kind: 'audioHour', price: perHour },
  input_cost_per_query: { kind: 'searchUnit', price: fromDollars },
}

export const isUnitKey = (key: string): boolean => Object.hasOwn(units, key)

/** The prices by the piece that an entry writes down; undefined where it writes none. Of two for the same piece, both count. */
export function readUnits(
  section: JsonObject,
  { path, reading }: { path: Path; reading: Reading },
): UnitPrices | undefined {
  const found: Partial<Record<Kind, number>> = {}
  for (const [key, value] of Object.entries(section)) {
    const unit = Object.hasOwn(units, key) ? units[key] : undefined
    if (!unit) continue
    const parsed = amount.safeParse(reading.resolve(value, [...path, key]))
    if (parsed.success) found[unit.kind] = (found[unit.kind] ?? 0) + unit.price(parsed.data)
    else reading.error([...path, key], 'not a price', 'write US$ for one, such as 0.04; 0 is free')
  }
  return Object.keys(found).length ? { ...found, source: 'config' } : undefined
}

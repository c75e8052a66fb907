import type { Config } from '../../core/config.ts'
import { durationMs } from '../../core/duration.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { invalid } from './input.ts'

const isEmpty = (value: Json | undefined): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0)

/** The body of a new key with `default_key_generate_params` in the places that the caller left empty. */
export function withDefaults(config: Config, body: JsonObject): JsonObject {
  const filled = { ...body }
  for (const [name, value] of Object.entries(config.defaultKeyParams)) if (isEmpty(filled[name])) filled[name] = value
  return filled
}

/**
 * The body within `upperbound_key_generate_params`: more than a bound is refused in LiteLLM's words, never clamped. Where
 * nothing was asked for (a new key) or the limit was to be cleared (an edit), the bound itself is the value.
 */
export function withinBounds(config: Config, body: JsonObject, isNew: boolean): JsonObject {
  const bounded = { ...body }
  for (const [name, bound] of Object.entries(config.upperboundKeyParams)) {
    const value = bounded[name]
    if (value === undefined && !isNew) continue
    if (value === undefined || value === null || value === '') bounded[name] = bound
    else if (exceeds(value, bound))
      throw invalid(
        name,
        `${name} is over max limit set in config - user_value=${printed(value)}; max_value=${printed(bound)}. Ask for less, or raise upperbound_key_generate_params.`,
      )
  }
  return bounded
}

/** Amounts compare as numbers, durations by how long they last from a fixed day; anything else is not bounded. */
function exceeds(value: Json, bound: Json): boolean {
  const [asked, most] = [Number(value), Number(bound)]
  if (Number.isFinite(asked) && Number.isFinite(most) && bound !== null) return asked > most
  if (typeof value !== 'string' || typeof bound !== 'string') return false
  if (value === '-1') return true
  try {
    return durationMs(value, 0) > durationMs(bound, 0)
  } catch {
    return false // not a duration: the field's own check says so
  }
}

const printed = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

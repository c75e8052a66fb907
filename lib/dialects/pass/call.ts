import type { JsonObject } from '../../core/json.ts'

/** A call in a provider's own words. */
export type PassCall = {
  /** Behind the prefix, as it came; holds the model's name where the provider has it there. */
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  text: string
  body: JsonObject
  /** As the call names it. */
  model: string
  /** Where its path names it. */
  modelAt?: { start: number; end: number }
  stream: boolean
}

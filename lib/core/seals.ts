import type { JsonObject } from './json.ts'

/**
 * Reasoning that a provider has sealed, of one answer that made calls: the provider wants it back with the results, and
 * clients drop it: most of chat completions, some of every other API.
 */
export type SealedTurn = {
  /** The provider's name for the model that sealed it: no other is handed it. */
  model: string
  /** `reasoning_details` in their order. None: the answer is known to have had none. */
  details: JsonObject[]
}

/** One of them, by the first call of its answer. */
export type KeptSeal = { callId: string; turn: SealedTurn }

/** Keeps them for hours, by whose they are (`ownerOf`) and the first call of the answer. Losing one costs reasoning, never an answer. */
export type Seals = {
  put(owner: string, callId: string, turn: SealedTurn): Promise<void>
  get(owner: string, callId: string): Promise<SealedTurn | undefined>
}

/**
 * Token counts in OpenAI's inclusive convention: `prompt` contains cached and cache-write tokens, `completion` contains
 * reasoning tokens. Every dialect normalises into it (exclusive counts, as Anthropic reports them, are added up there).
 */
export type Usage = {
  prompt: number
  completion: number
  /** Read from the provider's prompt cache; part of `prompt`. */
  cached?: number
  /** Written to the provider's prompt cache, any lifetime; part of `prompt`. */
  cacheWrite?: number
  /** The part of `cacheWrite` that lives for an hour, or for twelve where those are sold, and costs more. */
  cacheWrite1h?: number
  /** Part of `completion`. */
  reasoning?: number
  /** Part of `prompt`. */
  audioInput?: number
  /** Part of `completion`. */
  audioOutput?: number
  /** Tokens of pictures: part of `prompt`, and of `completion`. */
  imageInput?: number
  imageOutput?: number
  /** Searches that the provider ran and bills apart. */
  webSearches?: number
  /** Tokens that are paid for, where the provider bills fewer than it counts (Cohere leaves out its own framing). */
  billedPrompt?: number
  billedCompletion?: number
}

/** Who took part in an answer beside the model that was asked, or in its place: each is paid for at its own price. */
export type Passes = {
  /** The model that answered instead: the answer's usage is its own. */
  served?: string
  /** What others did beside it, which is no part of the answer's usage. `model` is empty where none is named. */
  others: readonly { model: string; usage: Usage }[]
}

/** Of a reply that nobody counted. */
export const noUsage: Usage = { prompt: 0, completion: 0 }

/** No model reads or writes as much in one reply: a larger count is a provider's mistake, and would be debt for ever. */
const mostTokens = 1e9

/** Counts that can be one reply's: none below nothing, none beyond all measure. */
export const isPlausible = (usage: Usage): boolean =>
  Object.values(usage).every((count) => count >= 0 && count <= mostTokens)

/** Counts are cumulative in every dialect, so two sightings merge by the larger number of each field. */
export function mergeUsage(a: Usage | undefined, b: Usage): Usage {
  if (!a) return b
  const merged: Usage = { ...a }
  for (const key of Object.keys(b) as (keyof Usage)[]) merged[key] = Math.max(a[key] ?? 0, b[key] ?? 0)
  return merged
}

const combined = (a: Usage, b: Usage, sign: 1 | -1): Usage => {
  const result: Usage = { ...a }
  for (const key of Object.keys(b) as (keyof Usage)[]) result[key] = Math.max((a[key] ?? 0) + sign * (b[key] ?? 0), 0)
  return result
}

/** Of an answer that came in two parts, each with a usage of its own. */
export const plusUsage = (a: Usage, b: Usage): Usage => combined(a, b, 1)
export const minusUsage = (sum: Usage, part: Usage): Usage => combined(sum, part, -1)

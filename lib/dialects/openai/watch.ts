import type { Failure } from '../../core/failure.ts'
import { isObject, type Json, type JsonObject, listOf, stringOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Seen } from '../dialect.ts'
import { errorInside } from './failure.ts'
import { failingReasons, saysError } from './pass-whole.ts'
import { callWatch } from './watch-calls.ts'
import { contentBytesOf } from './watch-content.ts'
import { plainText } from './watch-text.ts'
import { isCredible, laterUsage, usageOf } from './watch-usage.ts'

/** What one chunk of a stream turned out to be. */
export type Sighting = {
  failure?: Failure
  /** It carries a piece of the answer. */
  content: boolean
  /** The usage it carries, as far as counted now. */
  usage?: Usage
  /** The tier that has served it, as far as said. */
  tier?: string
  /** It carries nothing but usage: sent on only where the client asked for it. */
  usageOnly: boolean
}

export type Watcher = {
  sight(chunk: JsonObject, isError: boolean): Sighting
  /** A further piece of a choice that was seen to have begun. `isBytes`: each letter is one byte of it. */
  count(text: string, isBytes?: boolean): void
  /** Nothing but text was seen, of one choice. */
  isPlain(): boolean
  /** The text of the only choice, where it has nothing but text and goes on; else undefined. */
  text(): string | undefined
  /** Every choice that began has its finish reason, and at least `choices` have one. */
  isComplete(choices: number): boolean
  readonly seen: Seen
}

/**
 * Looks over the shoulder of a stream of chunks: content, finish reasons, usage. Every field may be missing, null or empty;
 * only what is there counts.
 */
export function watcher(): Watcher {
  const known: Seen = { contentBytes: 0, contentEvents: 0 }
  /** By index of the choice: whether its finish reason was seen. */
  const finished = new Map<number, boolean>()
  let usage: Usage | undefined
  const text = plainText()
  const calls = callWatch()

  const sightChoice = (choice: JsonObject): { bytes: number; failure?: Failure } => {
    const index = typeof choice.index === 'number' ? choice.index : 0
    const delta = isObject(choice.delta) ? choice.delta : choice.message
    const bytes = isObject(delta) ? contentBytesOf(delta) : 0
    text.sight(index, isObject(delta) ? (stringOf(delta.content) ?? '') : '', bytes)
    if (isObject(delta)) calls.sight(index, delta)
    const reason = stringOf(choice.finish_reason)
    if (reason) {
      finished.set(index, true)
      known.finish = reason
    } else if (!finished.has(index)) finished.set(index, false)
    if (saysError(choice)) return { bytes, failure: errorInside(choice, true) }
    const failure = reason ? (calls.failure(index, reason) ?? gaveUp(reason)) : undefined
    return { bytes, ...(failure && { failure }) }
  }

  return {
    sight(chunk, isError) {
      const tier = identify(known, chunk)
      const found = usageOf(chunk)
      if (found !== undefined) usage = laterUsage(usage, found)
      const choices: readonly Json[] = listOf(chunk.choices)
      const sighting: Sighting = { content: false, usageOnly: found !== undefined && choices.length === 0, ...tier }
      for (const choice of choices) {
        if (!isObject(choice)) continue
        const { bytes, failure } = sightChoice(choice)
        known.contentBytes += bytes
        if (bytes > 0) sighting.content = true
        if (failure !== undefined) sighting.failure = failure
      }
      if (sighting.content) known.contentEvents++
      if (found !== undefined && usage !== undefined) sighting.usage = usage
      if (isError || saysError(chunk)) sighting.failure = errorInside(chunk, known.contentBytes > 0)
      return sighting
    },
    count(piece, isBytes = false) {
      if (isBytes) text.addBytes(piece)
      else text.add(piece)
      known.contentBytes += isBytes ? piece.length : Buffer.byteLength(piece)
      known.contentEvents++
    },
    text: () => ([...finished.values()].some(Boolean) ? undefined : text.of()),
    isPlain: () => text.of() !== undefined,
    isComplete(choices) {
      const states = [...finished.values()]
      return states.length > 0 && states.every(Boolean) && states.length >= choices
    },
    get seen() {
      return isCredible(usage, known.contentBytes) ? { ...known, usage } : { ...known }
    },
  }
}

function gaveUp(reason: string): Failure | undefined {
  if (!failingReasons.has(reason)) return undefined
  const message = 'The provider gave up in the middle of its answer.'
  return { kind: 'server', status: 500, message, mayHaveCost: true }
}

/** The first name and id that are not empty: a host's first chunk may have neither. Of tiers the last word counts. */
function identify(known: Seen, chunk: JsonObject): Pick<Seen, 'tier'> {
  if (known.model === undefined && typeof chunk.model === 'string' && chunk.model !== '') known.model = chunk.model
  if (known.id === undefined && typeof chunk.id === 'string' && chunk.id !== '') known.id = chunk.id
  if (typeof chunk.service_tier === 'string' && chunk.service_tier !== '') known.tier = chunk.service_tier
  return known.tier === undefined ? {} : { tier: known.tier }
}

import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { ofChoice } from '../choices.ts'
import { logprobsPart } from '../logprobs.ts'
import { tierPart } from '../service-tier.ts'
import { errorFailure, blocked } from './failure.ts'
import { finishPart } from './finish.ts'
import { groundingReader } from './grounding.ts'
import { partReader } from './answer-parts.ts'
import { searchesOf } from './own-parts.ts'
import { traitsOf } from './models.ts'
import { usageReader } from './usage.ts'

/** One answer that is being received. A whole reply is a stream of one chunk. */
export type Answer = {
  chunk(response: JsonObject): ChatPart[]
  /** The end of a complete answer; nothing where none was announced, unless it is known to be `whole`. */
  end(whole?: boolean): ChatPart[]
}

/**
 * Chunks of a `generateContent` reply to parts. Every chunk is a reply of its own with the next parts in it; there is no end
 * marker, and some models give a finish reason early or late: the answer is complete when the bytes end after one was seen.
 */
export function answer(expected = 1): Answer {
  const usage = usageReader()
  const candidates = new Map<number, Candidate>()
  let responseId: string | undefined
  let model: string | undefined
  let tier: ChatPart[] = []
  let started = false
  const idOf = (choice: string) => (nth: number) => `call_${responseId ?? 'gemini'}${choice}_${nth}`
  const of = (index: number): Candidate => {
    const known = candidates.get(index) ?? candidateReader(index, idOf(index === 0 ? '' : `_${index}`))
    candidates.set(index, known)
    return known
  }

  const chunk = (response: JsonObject): ChatPart[] => {
    if (isObject(response.error)) return [{ type: 'failure', failure: errorFailure(response, started) }]
    const before = started ? [] : [startPart(response)]
    started = true
    model ??= stringOf(response.modelVersion)
    responseId ??= stringOf(response.responseId)
      ?.replaceAll(/[^\w-]/g, '')
      .slice(0, 40)
    const counted = usage(response.usageMetadata)
    tier = servedBy(response) ?? tier
    const head: ChatPart[] = counted ? [...before, { type: 'usage', usage: counted }] : before
    const given = listOf(response.candidates)
      .filter(isObject)
      .map((candidate) => ({ index: numberOf(candidate.index) ?? 0, candidate }))
      // Others than were asked for would be another answer.
      .filter(({ index }) => index < expected)
    if (given.length === 0) return [...head, ...refused(response)]
    return [...head, ...given.flatMap(({ index, candidate }) => of(index).read(candidate))]
  }
  /** Searches are told at the end, when it is known whether there were any: they are billed apart. */
  const searched = (): ChatPart[] => {
    const counted = usage({})
    const billedByQuery = traitsOf(model ?? '').searchesBilled === 'query'
    const all = [...candidates.values()].reduce((sum, candidate) => sum + candidate.searches(), 0)
    const searches = billedByQuery ? all : Math.min(all, 1)
    return searches > 0 && counted ? [{ type: 'usage', usage: { ...counted, webSearches: searches } }] : []
  }
  return {
    chunk,
    end(whole = false) {
      const first = candidates.get(0)
      const over = candidates.size > 0 && [...candidates.values()].every((candidate) => candidate.isOver())
      if (!whole && (!first || !over)) return []
      const others = [...candidates.values()].filter((candidate) => candidate !== first)
      const { closed, end } = (first ?? of(0)).finish()
      const told = others.flatMap((candidate) => {
        const other = candidate.finish()
        return [...other.closed, ...other.end]
      })
      return [...closed, ...told, ...tier, ...searched(), ...end]
    },
  }
}

type Candidate = ReturnType<typeof candidateReader>

/** Nothing but a signature, or no words. */
const isBare = (part: JsonObject): boolean =>
  Object.entries(part).every(([name, value]) => name === 'thoughtSignature' || value === '')

/** One of the answers, as a choice. */
function candidateReader(index: number, idOf: (nth: number) => string) {
  const parts = partReader(idOf)
  const grounding = groundingReader()
  let searches = 0
  let finish: { native: string; said: string | undefined } | undefined
  /** Code was written and nothing came of it yet: models say `STOP` before Google runs it, and go on behind its result. */
  let running = false
  const own = (of: ChatPart[]): ChatPart[] => of.map((part) => ofChoice(index, part))
  return {
    // Told twice, they are the same.
    searches: () => Math.max(grounding.searches(), searches),
    isOver: () => finish !== undefined && !(running && finish.native === 'STOP'),
    read(candidate: JsonObject): ChatPart[] {
      grounding.note(candidate)
      finish = finishOf(candidate) ?? finish
      const content = listOf(objectOf(candidate.content).parts).map(objectOf)
      searches += content.reduce((sum, part) => sum + searchesOf(part), 0)
      running = content.reduce((before, part) => (isBare(part) ? before : isObject(part.executableCode)), running)
      return own([...likelyParts(candidate), ...content.flatMap((part) => parts.read(part))])
    },
    /** What was held back, and how it ended. */
    finish(): { closed: ChatPart[]; end: ChatPart[] } {
      const { native, said } = finish ?? { native: '', said: undefined }
      const closed = parts.close()
      const cited = grounding.parts(parts.text(), parts.nextBlock)
      return { closed: own([...closed, ...cited]), end: own([finishPart(native, said, parts.written)]) }
    },
  }
}

/** Tokens that were chosen, and those that might have been, in the chat API's words. */
function likelyParts({ logprobsResult: result }: JsonObject): ChatPart[] {
  if (!isObject(result)) return []
  const tops = listOf(result.topCandidates).map((top) => listOf(objectOf(top).candidates).map(tokenOf))
  return logprobsPart(
    listOf(result.chosenCandidates).map((chosen, at) => ({ ...tokenOf(chosen), top_logprobs: tops[at] ?? [] })),
  )
}

function tokenOf(candidate: Json): JsonObject {
  const { token, logProbability } = objectOf(candidate)
  return { token: token ?? '', logprob: logProbability ?? 0 }
}

/** AI Studio names the tier, Vertex the traffic that it counted. */
function servedBy({ usageMetadata, serviceTier }: JsonObject): ChatPart[] | undefined {
  const { trafficType, serviceTier: counted } = objectOf(usageMetadata)
  const parts = tierPart({ service_tier: counted ?? serviceTier ?? trafficType ?? null })
  return parts.length > 0 ? parts : undefined
}

function refused(response: JsonObject): ChatPart[] {
  const feedback = objectOf(response.promptFeedback)
  return feedback.blockReason === undefined
    ? []
    : [{ type: 'failure', native: stringOf(feedback.blockReason) ?? '', failure: blocked(feedback) }]
}

/** Enums may come as their numbers. Google's hosts agree on these up to `OTHER`, and that the three behind it are filters. */
const numbered =
  'FINISH_REASON_UNSPECIFIED STOP MAX_TOKENS SAFETY RECITATION OTHER BLOCKLIST PROHIBITED_CONTENT SPII'.split(' ')

function finishOf(candidate: JsonObject): { native: string; said: string | undefined } | undefined {
  const { finishReason: given } = candidate
  const native = typeof given === 'number' ? numbered[given] : stringOf(given)
  if (native === undefined || native === '' || native === 'FINISH_REASON_UNSPECIFIED') return undefined
  return { native, said: stringOf(candidate.finishMessage) }
}

function startPart({ responseId, modelVersion }: { [key: string]: Json }): ChatPart & { type: 'start' } {
  return {
    type: 'start',
    ...(typeof responseId === 'string' ? { id: responseId } : {}),
    ...(typeof modelVersion === 'string' ? { model: modelVersion } : {}),
  }
}

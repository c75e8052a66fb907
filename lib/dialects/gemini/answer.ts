import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { errorFailure, blocked } from './failure.ts'
import { finishPart } from './finish.ts'
import { groundingReader } from './grounding.ts'
import { partReader } from './answer-parts.ts'
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
export function answer(): Answer {
  const usage = usageReader()
  let responseId: string | undefined
  let model: string | undefined
  const parts = partReader((nth) => `call_${responseId ?? 'gemini'}_${nth}`)
  const grounding = groundingReader()
  let started = false
  let finish: { native: string; said: string | undefined } | undefined

  const chunk = (response: JsonObject): ChatPart[] => {
    if (isObject(response.error)) return [{ type: 'failure', failure: errorFailure(response, started) }]
    const before = started ? [] : [startPart(response)]
    started = true
    model ??= stringOf(response.modelVersion)
    responseId ??= stringOf(response.responseId)
      ?.replaceAll(/[^\w-]/g, '')
      .slice(0, 40)
    const counted = usage(response.usageMetadata)
    const head: ChatPart[] = counted ? [...before, { type: 'usage', usage: counted }] : before
    const candidate = candidateOf(response)
    if (!candidate) return [...head, ...refused(response)]
    grounding.note(candidate)
    finish = finishOf(candidate) ?? finish
    const content = listOf(objectOf(candidate.content).parts)
    return [...head, ...content.flatMap((part) => parts.read(objectOf(part)))]
  }
  /** Searches are told at the end, when it is known whether there were any: they are billed apart. */
  const searched = (): ChatPart[] => {
    const counted = usage({})
    const billedByQuery = traitsOf(model ?? '').searchesBilled === 'query'
    const searches = billedByQuery ? grounding.searches() : Math.min(grounding.searches(), 1)
    return searches > 0 && counted ? [{ type: 'usage', usage: { ...counted, webSearches: searches } }] : []
  }
  return {
    chunk,
    end(whole = false) {
      if (!finish && !whole) return []
      const { native, said } = finish ?? { native: '', said: undefined }
      const closed = parts.close()
      const cited = grounding.parts(parts.text(), parts.nextBlock)
      return [...closed, ...cited, ...searched(), finishPart(native, said, parts.written)]
    },
  }
}

/** Only one was asked for; others would be another answer. */
const candidateOf = (response: JsonObject): JsonObject | undefined =>
  listOf(response.candidates)
    .map(objectOf)
    .find(({ index }) => index === undefined || index === 0)

function refused(response: JsonObject): ChatPart[] {
  const feedback = objectOf(response.promptFeedback)
  return feedback.blockReason === undefined
    ? []
    : [{ type: 'failure', native: stringOf(feedback.blockReason) ?? '', failure: blocked(feedback) }]
}

function finishOf(candidate: JsonObject): { native: string; said: string | undefined } | undefined {
  const native = stringOf(candidate.finishReason)
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

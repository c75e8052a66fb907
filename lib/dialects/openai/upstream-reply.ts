import type { ChatPart, FinishReason } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { failed, malformed } from '../broken-reply.ts'
import { ofChoice } from '../choices.ts'
import { logprobsPart } from '../logprobs.ts'
import { tierPart } from '../service-tier.ts'
import { errorInside } from './failure.ts'
import { failingReasons, isAnswer, saysError } from './pass-whole.ts'
import { deltaReader } from './upstream-blocks.ts'
import { sourceReader } from './upstream-sources.ts'
import { contentBytesOf } from './watch-content.ts'
import { isCredible, usageOf } from './watch-usage.ts'

/** A whole chat completion as parts: the message of each choice is one delta. The first choice's finish ends the answer. */
export function parseReply(body: Json): ChatPart[] {
  const reply = objectOf(body)
  if (saysError(reply)) return [failed(errorInside(reply, false))]
  const choices = listOf(reply.choices).filter(isObject)
  const usage = usageOf(reply)
  if (choices[0] === undefined || !isAnswer(choices[0])) {
    return [failed(malformed('The provider answered without a choice.', usage !== undefined))]
  }
  const found = sourceReader()
  found.read(reply)
  const [first, ...others] = choices.map((choice, at) => choiceParts(choice, at === 0 ? found.sources() : []))
  const written = choices.reduce((sum, { message }) => sum + contentBytesOf(objectOf(message)), 0)
  const counted = isCredible(usage, written) ? [{ type: 'usage', usage } as const] : []
  return [
    startPart(reply),
    ...(first?.parts ?? []),
    ...others.flatMap(({ parts, end }, at) => [...parts, end].map((part) => ofChoice(at + 1, part))),
    ...tierPart(reply),
    ...counted,
    ...(first ? [first.end] : []),
  ]
}

function choiceParts(choice: JsonObject, sources: readonly JsonObject[]): { parts: ChatPart[]; end: ChatPart } {
  const reader = deltaReader()
  const end: ChatPart = endOf(choice) ?? { type: 'finish', reason: 'stop', native: '' }
  const parts = [
    ...likelyParts(choice),
    ...reader.read(objectOf(choice.message)),
    ...reader.cite(sources),
    ...reader.close(),
  ]
  return { parts, end: judged(end, reader.broken()) }
}

/** How likely the tokens of this piece were. */
export function likelyParts({ logprobs }: JsonObject): ChatPart[] {
  if (!isObject(logprobs)) return []
  return [...logprobsPart(logprobs.content), ...logprobsPart(logprobs.refusal, 'refusal')]
}

export function startPart({ id, model }: JsonObject): ChatPart & { type: 'start' } {
  return {
    type: 'start',
    ...(typeof id === 'string' && id !== '' ? { id } : {}),
    ...(typeof model === 'string' && model !== '' ? { model } : {}),
  }
}

const reasons: Record<string, FinishReason> = {
  length: 'length',
  max_tokens: 'length',
  max_length: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  safety: 'content_filter',
  sensitive: 'content_filter',
}

/** How a choice ended; undefined while it has not. Some hosts' reasons say that they gave up. */
export function endOf(choice: JsonObject): ChatPart | undefined {
  const native = stringOf(choice.finish_reason)
  if (!native) return undefined
  if (!failingReasons.has(native)) return { type: 'finish', reason: reasons[native] ?? 'stop', native }
  const message = 'The provider gave up in the middle of its answer.'
  return failed({ kind: 'server', status: 500, message, mayHaveCost: true })
}

/** Ends at which a call may be left half told: the client is told why. */
const cutting: ReadonlySet<string> = new Set<FinishReason>(['length', 'content_filter'])

/** Any other end after calls that cannot be made is none. */
export const judged = (end: ChatPart, broken: string | undefined): ChatPart =>
  end.type === 'finish' && !cutting.has(end.reason) && broken !== undefined ? failed(malformed(broken, true)) : end

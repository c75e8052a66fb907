import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import type { ReplyMeta } from '../tongue.ts'
import { printTier } from '../service-tier.ts'
import { answerPrinter } from './functions.ts'
import { printUsage } from './usage.ts'

/** A whole `chat.completion` from the parts of a reply: the deltas that a stream would have had, joined. */
export function printReply(parts: readonly ChatPart[], meta: ReplyMeta): string {
  const { request } = meta
  const choices = new Map([[0, choiceReader(request)]])
  let model = meta.model
  let usage: JsonObject | undefined
  let tier: JsonObject = {}
  for (const part of parts) {
    if (part.type === 'start') model ??= part.model
    else if (part.type === 'usage') usage = printUsage(part.usage, meta.dollars)
    else if (part.type === 'tier') tier = printTier(part)
    else if (part.type === 'choice') readerOf(choices, part.index, request).read(part.part)
    else choices.get(0)?.read(part)
  }
  return JSON.stringify({
    id: meta.id,
    object: 'chat.completion',
    created: meta.created,
    model: model ?? '',
    choices: [...choices].sort(([a], [b]) => a - b).map(([index, choice]) => choice.printed(index)),
    ...tier,
    ...(usage ? { usage } : {}),
  })
}

type Choice = ReturnType<typeof choiceReader>

function readerOf(choices: Map<number, Choice>, index: number, request: JsonObject | undefined): Choice {
  const choice = choices.get(index) ?? choiceReader(request)
  choices.set(index, choice)
  return choice
}

function choiceReader(request: JsonObject | undefined) {
  const printer = answerPrinter(request)
  const message: JsonObject = { role: 'assistant', content: '', refusal: null }
  let finish: string | null = null
  let logprobs: JsonObject | null = null
  return {
    read(part: ChatPart): void {
      for (const delta of printer.print(part)) join(message, delta)
      if (part.type === 'logprobs') logprobs = addTokens(logprobs, part)
      if (part.type !== 'finish') return
      const end = printer.finish(part)
      for (const delta of end.deltas) join(message, delta)
      join(message, { provider_specific_fields: { native_finish_reason: part.native } })
      finish = end.reason
    },
    printed(index: number): JsonObject {
      const called = message.tool_calls !== undefined || message.function_call !== undefined
      const content = message.content === '' && (called || message.refusal !== null) ? null : (message.content ?? null)
      return { index, message: { ...message, content }, logprobs, finish_reason: finish }
    },
  }
}

/** `logprobs` of a choice, with those of the part added. */
export function addTokens(known: JsonObject | null, { tokens, of }: ChatPart & { type: 'logprobs' }): JsonObject {
  const name = of ?? 'content'
  return { content: null, refusal: null, ...known, [name]: [...listOf(known?.[name]), ...tokens] }
}

/** Adds a delta to the message, as clients of a stream do: text grows, lists gain entries, objects are joined. */
function join(message: JsonObject, delta: JsonObject): void {
  for (const [name, value] of Object.entries(delta)) {
    if (name === 'tool_calls') message[name] = listOf(value).reduce(joinCall, listOf(message[name]))
    else if (typeof value === 'string') message[name] = `${stringOf(message[name]) ?? ''}${value}`
    else if (Array.isArray(value)) message[name] = [...listOf(message[name]), ...value.map(withoutIndex(name))]
    else if (isObject(value)) {
      const inner = objectOf(message[name])
      join(inner, value)
      message[name] = inner
    }
  }
}

function joinCall(calls: Json[], entry: Json): Json[] {
  const { index, ...piece } = objectOf(entry)
  if (typeof piece.id === 'string') return [...calls, piece]
  const call = objectOf(calls[Number(index)])
  for (const kind of ['function', 'custom']) if (isObject(piece[kind])) join(objectOf(call[kind]), piece[kind])
  return calls
}

/** Positions are for joining streams. Reasoning details keep theirs: it is part of that format. */
const withoutIndex =
  (name: string) =>
  (entry: Json): Json => {
    if (!isObject(entry) || name === 'reasoning_details') return entry
    const { index: _, ...rest } = entry
    return rest
  }

import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import type { ReplyMeta } from '../tongue.ts'
import { deltaPrinter } from './deltas.ts'
import { printUsage } from './usage.ts'

/** A whole `chat.completion` from the parts of a reply: the deltas that a stream would have had, joined. */
export function printReply(parts: readonly ChatPart[], meta: ReplyMeta): string {
  const printer = deltaPrinter()
  const message: JsonObject = { role: 'assistant', content: '', refusal: null }
  let model = meta.model
  let finish: string | null = null
  let usage: JsonObject | undefined
  for (const part of parts) {
    for (const delta of printer.print(part)) join(message, delta)
    if (part.type === 'start') model ??= part.model
    if (part.type === 'usage') usage = printUsage(part.usage, meta.dollars)
    if (part.type !== 'finish') continue
    const end = printer.finish(part)
    for (const delta of end.deltas) join(message, delta)
    join(message, { provider_specific_fields: { native_finish_reason: part.native } })
    finish = end.reason
  }
  if (message.content === '' && (message.tool_calls !== undefined || message.refusal !== null)) message.content = null
  return JSON.stringify({
    id: meta.id,
    object: 'chat.completion',
    created: meta.created,
    model: model ?? '',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    ...(usage ? { usage } : {}),
  })
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

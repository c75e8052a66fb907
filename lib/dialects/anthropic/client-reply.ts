import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, objectOf, stringOf, tryParseExact } from '../../core/json.ts'
import type { ReplyMeta } from '../tongue.ts'
import { blockEvents } from './client-events.ts'
import { messageHead } from './client-stream.ts'
import { printTier, printUsage } from './client-usage.ts'

/** A whole message from the parts of a reply: the events that a stream would have had, joined as its SDKs join them. */
export function printReply(parts: readonly ChatPart[], meta: ReplyMeta): string {
  const blocks = blockEvents()
  const content: JsonObject[] = []
  const inputs: string[] = []
  let model = meta.model
  let usage: JsonObject | undefined
  let tier: JsonObject = {}
  let stop: JsonObject = { stop_reason: null, stop_sequence: null }
  for (const part of parts) {
    for (const event of blocks.print(part)) join(content, inputs, event)
    if (part.type === 'start') model ??= part.model
    if (part.type === 'usage') usage = printUsage(part.usage, meta.dollars)
    if (part.type === 'tier') tier = printTier(part)
    if (part.type !== 'finish') continue
    const finished = blocks.finish(part)
    for (const event of finished.events) join(content, inputs, event)
    stop = finished.stop
  }
  for (const [at, text] of inputs.entries())
    if (text !== undefined) content[at] = { ...content[at], input: inputOf(text) }
  return JSON.stringify({
    ...messageHead(meta, model),
    content,
    ...stop,
    usage: { ...(usage ?? printUsage({ prompt: 0, completion: 0 }, () => undefined)), ...tier },
  })
}

/** An object, whatever the model wrote: the client's types have nothing else. */
function inputOf(text: string): JsonObject {
  const parsed = tryParseExact(text)
  return isObject(parsed) ? parsed : { rawInvalidInput: text }
}

/** Which text of a block a delta makes longer. */
const grown: Record<string, string> = { text_delta: 'text', thinking_delta: 'thinking', signature_delta: 'signature' }

function join(content: JsonObject[], inputs: string[], event: JsonObject): void {
  const at = Number(event.index)
  const delta = objectOf(event.delta)
  if (event.type === 'content_block_start') content[at] = { ...objectOf(event.content_block) }
  const block = content[at] ?? {}
  const type = stringOf(delta.type) ?? ''
  const name = grown[type]
  if (name !== undefined) block[name] = (stringOf(block[name]) ?? '') + (stringOf(delta[name]) ?? '')
  else if (type === 'input_json_delta') inputs[at] = (inputs[at] ?? '') + (stringOf(delta.partial_json) ?? '')
  else if (type === 'citations_delta') block.citations = [...listOf(block.citations), delta.citation ?? null]
}

import type { ChatPart, FinishReason } from '../../core/chat.ts'
import { type Json, type JsonObject, objectOf, stringOf } from '../../core/json.ts'
import { safeId } from './names.ts'
import { tagged } from './signatures.ts'

/** One event of a stream; its name is its type. */
export type MessageEvent = JsonObject & { type: string }

export type BlockEvents = {
  /** Events that the part is worth: none, or one up to three (the first closes the block before). */
  print(part: ChatPart): MessageEvent[]
  finish(part: ChatPart & { type: 'finish' }): { events: MessageEvent[]; stop: JsonObject }
}

/**
 * Parts to events of content blocks: one block open at a time, indexes without gaps. Whole replies are these events joined, so
 * that streamed and whole cannot differ. A seal without thoughts waits for what it precedes: clients take the last block for the
 * answer, so behind it none is told. Who seals plain text (Gemini) does not ask for that seal back.
 * @param resumed the client has the beginning of the answer, and in it the block of a text (of this index) that goes on
 */
export function blockEvents(resumed?: { index?: number }): BlockEvents {
  const writer = blockWriter(resumed)
  let refused = false
  let seals: ChatPart[] = []
  const flush = (): MessageEvent[] => {
    const events = seals.flatMap((seal) => printPart(writer, seal))
    seals = []
    return events
  }
  return {
    print(part) {
      refused ||= part.type === 'refusal'
      if (part.type === 'signature' && !writer.isOpen('thinking', part.block)) {
        seals.push(part)
        return []
      }
      const before = opens(part) ? flush() : []
      return [...before, ...printPart(writer, part)]
    },
    finish(part) {
      const alone = writer.written().blocks === 0 ? flush() : []
      const stop = stopOf(part, { ...writer.written(), refused })
      return { events: [...alone, ...writer.close()], stop: { stop_reason: stop, stop_sequence: null } }
    },
  }
}

/** Whether there is a block for this part to be in. */
function opens(part: ChatPart): boolean {
  if (part.type === 'text' || part.type === 'reasoning' || part.type === 'refusal') return part.text !== ''
  if (part.type === 'other') return isOwnBlock(part.value)
  return part.type === 'call' || part.type === 'redacted' || part.type === 'image'
}

type Kind = 'text' | 'thinking' | 'tool_use'

type Writer = {
  /** Opens a block, unless just this one is open. */
  within(kind: Kind, block: number, value: JsonObject): MessageEvent[]
  /** A block that ends as it starts. */
  complete(value: JsonObject): MessageEvent[]
  /** More of the open block. */
  delta(value: JsonObject): MessageEvent
  close(): MessageEvent[]
  /** `block`: this one of the kind. */
  isOpen(kind: Kind, block?: number): boolean
  written(): { blocks: number; calls: number; lastIsCall: boolean }
}

function blockWriter(resumed?: { index?: number }): Writer {
  let count = resumed ? (resumed.index ?? 0) + 1 : 0
  let calls = 0
  let lastIsCall = false
  let open: { kind: Kind; block: number } | undefined = resumed && { kind: 'text', block: 0 }

  const close = (): MessageEvent[] => {
    if (!open) return []
    open = undefined
    return [stop()]
  }
  const stop = (): MessageEvent => ({ type: 'content_block_stop', index: count - 1 })
  const start = (content_block: JsonObject): MessageEvent[] => {
    lastIsCall = content_block.type === 'tool_use'
    if (lastIsCall) calls++
    return [...close(), { type: 'content_block_start', index: count++, content_block }]
  }
  return {
    within(kind, block, value) {
      if (open?.kind === kind && open.block === block) return []
      const events = start(value)
      open = { kind, block }
      return events
    },
    complete: (value) => [...start(value), stop()],
    delta: (delta) => ({ type: 'content_block_delta', index: count - 1, delta }),
    close,
    isOpen: (kind, block) => open?.kind === kind && (block === undefined || open.block === block),
    written: () => ({ blocks: count, calls, lastIsCall }),
  }
}

function printPart(writer: Writer, part: ChatPart): MessageEvent[] {
  switch (part.type) {
    case 'text':
      return printText(writer, part.block, part.text)
    case 'refusal':
      return printText(writer, refusalBlock, part.text)
    case 'reasoning':
      if (part.text === '') return []
      return printThinking(writer, part.block, { type: 'thinking_delta', thinking: part.text })
    case 'signature': {
      const signature = tagged(part.signature, part)
      return printThinking(writer, part.block, { type: 'signature_delta', signature })
    }
    case 'redacted':
      return writer.complete({ type: 'redacted_thinking', data: tagged(part.data, part) })
    case 'call':
      return writer.within('tool_use', part.block, {
        type: 'tool_use',
        id: safeId(part.id),
        name: part.name,
        input: {},
      })
    case 'arguments':
      if (part.text === '' || !writer.isOpen('tool_use')) return []
      return [writer.delta({ type: 'input_json_delta', partial_json: part.text })]
    case 'citation': {
      const citation = printCitation(part.value)
      // It vouches for text: without any there is nothing to put it on.
      return citation && writer.isOpen('text') ? [writer.delta({ type: 'citations_delta', citation })] : []
    }
    case 'image':
      // Answers of this API hold no pictures: as text, its bytes would be paid for in every later turn.
      return printText(
        writer,
        part.block,
        `[The answer holds an image (${part.mediaType}), which this API cannot show.]`,
      )
    case 'other':
      return isOwnBlock(part.value) ? writer.complete(objectOf(part.value)) : []
    case 'start':
    case 'logprobs':
    case 'tier':
    case 'choice':
    case 'hidden':
    case 'usage':
    case 'finish':
    case 'failure':
      return []
  }
}

const printText = (writer: Writer, block: number, text: string): MessageEvent[] =>
  text === ''
    ? []
    : [...writer.within('text', block, { type: 'text', text: '' }), writer.delta({ type: 'text_delta', text })]

const printThinking = (writer: Writer, block: number, delta: JsonObject): MessageEvent[] => [
  ...writer.within('thinking', block, { type: 'thinking', thinking: '', signature: '' }),
  writer.delta(delta),
]

/** No provider numbers a block like this: words of refusal stand by themselves. */
const refusalBlock = -1

/** Blocks of this tongue for tools that its provider ran; those of others would break typed clients. */
const ownBlocks =
  /^(?:server_tool_use|mcp_tool_use|\w+_tool_result|mcp_tool_listing|container_upload|compaction|fallback)$/

const citationTypes = /^(?:char|page|content_block|web_search_result|search_result)_location$/

const isOwnBlock = (value: Json): boolean => ownBlocks.test(stringOf(objectOf(value).type) ?? '')

/** A citation of this tongue, or one by URL as the others have it. */
function printCitation(value: JsonObject): JsonObject | undefined {
  if (citationTypes.test(stringOf(value.type) ?? '')) return value
  const { url, title } = value
  if (typeof url !== 'string') return undefined
  const cited_text = stringOf(value.cited_text) ?? stringOf(value.text) ?? ''
  return { type: 'web_search_result_location', url, title: stringOf(title) ?? null, cited_text, encrypted_index: '' }
}

const reasons: Record<FinishReason, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
}

/** This tongue's finer reasons, where the provider gave one of them. */
const finer: Record<string, FinishReason> = {
  stop_sequence: 'stop',
  pause_turn: 'stop',
  model_context_window_exceeded: 'length',
}

type Written = { calls: number; lastIsCall: boolean; refused: boolean }

/** A client that is told of no call makes none, and one that is told to call waits for what is not there. */
function stopOf({ reason, native }: ChatPart & { type: 'finish' }, { calls, lastIsCall, refused }: Written): string {
  if (reason === 'stop' && lastIsCall) return reasons.tool_calls
  if (reason === 'tool_calls' && calls === 0) return reasons.stop
  if (reason === 'stop' && refused) return reasons.content_filter
  return finer[native] === reason ? native : reasons[reason]
}

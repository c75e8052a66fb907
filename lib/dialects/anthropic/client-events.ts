import type { ChatPart, FinishReason } from '../../core/chat.ts'
import { type JsonObject, stringOf } from '../../core/json.ts'
import { safeId } from './names.ts'
import { tagged } from './signatures.ts'

/** One event of a stream; its name is its type. */
export type MessageEvent = JsonObject & { type: string }

export type BlockEvents = {
  /** Events that the part is worth: none, or one up to three (the first closes the block before). */
  print(part: ChatPart): MessageEvent[]
  finish(part: ChatPart & { type: 'finish' }): { events: MessageEvent[]; stop: JsonObject }
}

type Kind = 'text' | 'thinking' | 'tool_use'

/**
 * Parts to events of content blocks: one block open at a time, indexes without gaps. Whole replies are these events joined, so
 * that streamed and whole cannot differ.
 */
export function blockEvents(): BlockEvents {
  let count = 0
  let open: { kind: Kind; block: number } | undefined
  let calls = 0
  let lastIsCall = false
  let refused = false

  const close = (): MessageEvent[] => {
    if (!open) return []
    open = undefined
    return [{ type: 'content_block_stop', index: count - 1 }]
  }
  const start = (content_block: JsonObject): MessageEvent[] => [
    ...close(),
    { type: 'content_block_start', index: count++, content_block },
  ]
  const within = (kind: Kind, block: number, value: JsonObject): MessageEvent[] => {
    if (open?.kind === kind && open.block === block) return []
    const events = start(value)
    open = { kind, block }
    lastIsCall = kind === 'tool_use'
    return events
  }
  const complete = (value: JsonObject): MessageEvent[] => [
    ...start(value),
    { type: 'content_block_stop', index: count - 1 },
  ]
  const delta = (value: JsonObject): MessageEvent => ({ type: 'content_block_delta', index: count - 1, delta: value })
  const text = (block: number, words: string): MessageEvent[] =>
    words === ''
      ? []
      : [...within('text', block, { type: 'text', text: '' }), delta({ type: 'text_delta', text: words })]
  const thinking = (block: number): MessageEvent[] =>
    within('thinking', block, { type: 'thinking', thinking: '', signature: '' })

  const print = (part: ChatPart): MessageEvent[] => {
    switch (part.type) {
      case 'text':
        return text(part.block, part.text)
      case 'refusal':
        refused = true
        return text(refusalBlock, part.text)
      case 'reasoning':
        if (part.text === '') return []
        return [...thinking(part.block), delta({ type: 'thinking_delta', thinking: part.text })]
      case 'signature': {
        const signature = tagged(part.signature, part.format)
        return [...thinking(part.block), delta({ type: 'signature_delta', signature })]
      }
      case 'redacted':
        return complete({ type: 'redacted_thinking', data: tagged(part.data, part.format) })
      case 'call':
        calls++
        return within('tool_use', part.block, { type: 'tool_use', id: safeId(part.id), name: part.name, input: {} })
      case 'arguments':
        if (part.text === '' || open?.kind !== 'tool_use') return []
        return [delta({ type: 'input_json_delta', partial_json: part.text })]
      case 'citation': {
        const citation = printCitation(part.value)
        // It vouches for text: without any there is nothing to put it on.
        return citation && open?.kind === 'text' ? [delta({ type: 'citations_delta', citation })] : []
      }
      case 'other': {
        const { value } = part
        const type =
          typeof value === 'object' && value !== null && !Array.isArray(value) ? stringOf(value.type) : undefined
        lastIsCall = false
        return type !== undefined && ownBlocks.test(type) ? complete(value as JsonObject) : []
      }
      case 'start':
      case 'hidden':
      case 'usage':
      case 'finish':
      case 'failure':
        return []
    }
  }

  return {
    print,
    finish(part) {
      const stop = stopOf(part, { calls, lastIsCall, refused })
      return { events: close(), stop: { stop_reason: stop, stop_sequence: null } }
    },
  }
}

/** No provider numbers a block like this: words of refusal stand by themselves. */
const refusalBlock = -1

/** Blocks of this tongue for tools that its provider ran; those of others would break typed clients. */
const ownBlocks = /^(?:server_tool_use|mcp_tool_use|\w+_tool_result|container_upload|compaction)$/

const citationTypes = /^(?:char|page|content_block|web_search_result|search_result)_location$/

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

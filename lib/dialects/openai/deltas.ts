import type { ChatPart, FinishReason } from '../../core/chat.ts'
import { isObject, type JsonObject } from '../../core/json.ts'

export type DeltaPrinter = {
  /** What the part adds to the message: none, one or two deltas (the first closes a call that had no arguments). */
  print(part: ChatPart): JsonObject[]
  finish(part: ChatPart & { type: 'finish' }): { deltas: JsonObject[]; reason: FinishReason | 'function_call' }
}

/**
 * Parts to deltas of the chat completions API. Whole replies are these deltas joined, so that streamed and whole cannot
 * differ. List entries carry `index`, because clients of a stream join lists by it (OpenAI's Python SDK insists).
 */
export function deltaPrinter(): DeltaPrinter {
  const calls = callDeltas()
  const reasoning = reasoningDeltas()
  const text = textDeltas()
  const others = { blocks: 0, citations: 0 }
  const own = (kind: 'blocks' | 'citations', value: JsonObject): JsonObject => ({
    provider_specific_fields: { [kind]: [{ index: others[kind]++, ...value }] },
  })

  const body = (part: ChatPart): JsonObject | undefined => {
    switch (part.type) {
      case 'text':
        return text.print(part.block, part.text)
      case 'refusal':
        return part.text === '' ? undefined : { refusal: part.text }
      case 'reasoning':
      case 'signature':
      case 'redacted':
        return reasoning(part)
      case 'call':
        return calls.open(part)
      case 'arguments':
        return calls.add(part.block, part.text)
      case 'citation':
        return text.cite(part.block, part.value) ?? own('citations', part.value)
      case 'image':
        return text.picture(part)
      case 'other':
        return own('blocks', isObject(part.value) ? part.value : { value: part.value })
      case 'start':
      case 'logprobs':
      case 'tier':
      case 'choice':
      case 'hidden':
      case 'usage':
      case 'finish':
      case 'failure':
        return undefined
    }
  }

  return {
    print(part) {
      const closed = 'block' in part ? calls.close(part.block) : undefined
      const delta = body(part)
      if (closed === undefined) return delta === undefined ? [] : [delta]
      return delta === undefined ? [closed] : [closed, delta]
    },
    finish({ reason }) {
      const closed = calls.close()
      const called = calls.count() > 0
      return {
        deltas: closed ? [closed] : [],
        // A call nobody is told to make is lost, and a client told to call waits for what is not there.
        reason: reason === 'stop' && calls.last() ? 'tool_calls' : reason === 'tool_calls' && !called ? 'stop' : reason,
      }
    },
  }
}

const callDelta = ({ index, custom }: { index: number; custom: boolean }, text: string): JsonObject => ({
  tool_calls: [{ index, ...(custom ? { custom: { input: text } } : { function: { arguments: text } }) }],
})

/** Indexes count from 0 without gaps, whatever the provider's blocks are numbered. */
function callDeltas() {
  let count = 0
  let open: { block: number; index: number; custom: boolean; written: boolean } | undefined
  let last = false
  return {
    open: ({ block, id, name, custom = false }: ChatPart & { type: 'call' }): JsonObject => {
      open = { block, index: count++, custom, written: false }
      last = true
      if (custom) return { tool_calls: [{ index: open.index, id, type: 'custom', custom: { name, input: '' } }] }
      return { tool_calls: [{ index: open.index, id, type: 'function', function: { name, arguments: '' } }] }
    },
    add: (block: number, text: string): JsonObject | undefined => {
      if (text === '' || open?.block !== block) return undefined
      open.written = true
      return callDelta(open, text)
    },
    /** Called with the block of each part: the open call ends where another block begins. */
    close: (block?: number): JsonObject | undefined => {
      if (block !== undefined && block !== open?.block) last = false
      if (!open || open.block === block) return undefined
      const closed = open
      open = undefined
      return closed.written || closed.custom ? undefined : callDelta(closed, '{}')
    },
    count: () => count,
    /** True while the newest block is a call: nothing came after it that could be its result. */
    last: () => last,
  }
}

/** Text streams as it comes; the sealed block follows whole once its signature is known, for replay byte by byte. */
export function reasoningDeltas() {
  let block = -1
  let text = ''
  let sealed = 0
  return (part: ChatPart & { type: 'reasoning' | 'signature' | 'redacted' }): JsonObject | undefined => {
    if (part.block !== block) text = ''
    block = part.block
    if (part.type === 'reasoning') {
      text += part.text
      return part.text === '' ? undefined : { reasoning_content: part.text }
    }
    const index = sealed++
    const format = part.format === undefined ? {} : { format: part.format }
    if (part.type === 'redacted') {
      const { data } = part
      return {
        thinking_blocks: [{ index, type: 'redacted_thinking', data }],
        reasoning_details: [{ index, type: 'reasoning.encrypted', data, ...format }],
      }
    }
    const { signature, callId } = part
    return {
      thinking_blocks: [{ index, type: 'thinking', thinking: text, signature }],
      reasoning_details: [
        { index, type: 'reasoning.text', text, signature, ...format, ...(callId === undefined ? {} : { id: callId }) },
      ],
    }
  }
}

/** Knows where in the content a block began, because an annotation names the stretch of text it vouches for. */
function textDeltas() {
  let length = 0
  let block = -1
  let start = 0
  let cited = 0
  let pictures = 0
  return {
    /** As OpenRouter and LiteLLM have them; the API itself has no place for pictures in an answer. */
    picture: ({ mediaType, base64 }: ChatPart & { type: 'image' }): JsonObject => ({
      images: [{ index: pictures++, type: 'image_url', image_url: { url: `data:${mediaType};base64,${base64}` } }],
    }),
    print: (at: number, text: string): JsonObject | undefined => {
      if (at !== block) start = length
      block = at
      length += text.length
      return text === '' ? undefined : { content: text }
    },
    /** Undefined: it names no URL, and the API has no place for it. */
    cite: (at: number, { url, title, start_index: from, end_index: to }: JsonObject): JsonObject | undefined => {
      if (typeof url !== 'string') return undefined
      const citation = {
        url,
        title: typeof title === 'string' ? title : '',
        start_index: typeof from === 'number' ? from : at === block ? start : length,
        end_index: typeof to === 'number' ? to : length,
      }
      return { annotations: [{ index: cited++, type: 'url_citation', url_citation: citation }] }
    },
  }
}

import { createHash } from 'node:crypto'
import type { AssistantBlock, ChatMessage, TextBlock, UserBlock } from '../../core/chat.ts'
import { type JsonObject, objectOf, stringOf, tryParse } from '../../core/json.ts'
import { sealFormat } from './upstream-items.ts'

export type InputOptions = {
  /** `developer` or `system`: who speaks in later messages of the operator's. */
  systemRole: string
  /** Tools that take free text. */
  isCustom: (name: string) => boolean
  printName: (name: string) => string
}

/**
 * `instructions` and `input`. What the API demands of a conversation: every call has its output before anything else follows,
 * nothing is answered that was not called, and reasoning stands before what it led to.
 */
export function printInput(messages: readonly ChatMessage[], options: InputOptions): JsonObject {
  const first = messages.findIndex(({ role }) => role !== 'system')
  const leading = first < 0 ? messages : messages.slice(0, first)
  const instructions = leading.flatMap(({ content }) => (content as TextBlock[]).map(({ text }) => text)).join('\n\n')
  const input = printItems(first < 0 ? [] : messages.slice(first), options)
  return { ...(instructions === '' ? {} : { instructions }), input }
}

type OpenCall = { id: string; custom: boolean }

function printItems(messages: readonly ChatMessage[], options: InputOptions): JsonObject[] {
  const items: JsonObject[] = []
  let open: OpenCall[] = []
  /** Results that nobody called for: the user's words, which must not stand between a call and its output. */
  const orphans: JsonObject[] = []
  const close = () => {
    items.push(...open.map(({ id, custom }) => outputItem(id, custom, 'No result.')), ...orphans.splice(0))
    open = []
  }
  for (const message of messages) {
    if (message.role === 'tool') {
      const at = open.findIndex(({ id }) => id === message.id)
      const [call] = at < 0 ? [] : open.splice(at, 1)
      if (call) items.push(outputItem(call.id, call.custom, printResult(message.content)))
      else orphans.push(orphan(message))
      continue
    }
    close()
    if (message.role === 'assistant') {
      items.push(...assistantItems(message.content, options))
      open = message.content.flatMap((block) =>
        block.type === 'call' ? [{ id: block.id, custom: options.isCustom(block.name) }] : [],
      )
    } else if (message.content.length > 0) {
      const role = message.role === 'system' ? options.systemRole : 'user'
      items.push({ type: 'message', role, content: message.content.map(printBlock) })
    }
  }
  close()
  return items
}

const outputItem = (id: string, custom: boolean, output: JsonObject['']): JsonObject => ({
  type: custom ? 'custom_tool_call_output' : 'function_call_output',
  call_id: callId(id),
  output,
})

/** A result whose call is gone (a client cut its history): what it says is kept, as the user's. */
const orphan = ({ id, content }: ChatMessage & { role: 'tool' }): JsonObject => ({
  type: 'message',
  role: 'user',
  content: [{ type: 'input_text', text: `Tool result ${id}:` }, ...content.map(printBlock)],
})

/** Text as one string, which every host takes; media as parts. */
function printResult(content: readonly UserBlock[]): JsonObject[''] {
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []))
  return texts.length === content.length ? texts.join('\n') : content.map(printBlock)
}

function printBlock(block: UserBlock): JsonObject {
  if (block.type === 'text') return { type: 'input_text', text: block.text }
  if (block.type === 'image') {
    const url = 'url' in block.source ? block.source.url : dataUrl(block.source)
    return { type: 'input_image', detail: block.detail ?? 'auto', image_url: url }
  }
  const { source } = block
  if ('url' in source) return { type: 'input_file', file_url: source.url }
  if ('id' in source) return { type: 'input_file', file_id: source.id }
  return { type: 'input_file', filename: block.name ?? 'file.pdf', file_data: dataUrl(source) }
}

const dataUrl = ({ mediaType, base64 }: { mediaType: string; base64: string }): string =>
  `data:${mediaType};base64,${base64}`

/** Neighbouring texts are one message. Reasoning with nothing behind it is refused, so it is left out. */
function assistantItems(content: readonly AssistantBlock[], options: InputOptions): JsonObject[] {
  const items: JsonObject[] = []
  for (const block of content) {
    const last = items.at(-1)
    if (block.type !== 'text') items.push(...assistantItem(block, options))
    else if (block.text === '') continue
    else if (last && Array.isArray(last.content)) last.content.push({ type: 'output_text', text: block.text })
    else items.push({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: block.text }] })
  }
  const end = items.findLastIndex(({ type }) => type !== 'reasoning')
  return items.slice(0, end + 1)
}

function assistantItem(block: Exclude<AssistantBlock, TextBlock>, options: InputOptions): JsonObject[] {
  switch (block.type) {
    case 'reasoning': {
      // Bare thoughts and those of other tongues mean nothing here.
      if (!block.signature || block.format !== sealFormat) return []
      const summary = block.text === '' ? [] : [{ type: 'summary_text', text: block.text }]
      return [{ type: 'reasoning', summary, encrypted_content: block.signature }]
    }
    case 'redacted':
      return block.format === sealFormat ? [{ type: 'reasoning', summary: [], encrypted_content: block.data }] : []
    case 'call': {
      const called = { call_id: callId(block.id), name: options.printName(block.name) }
      if (options.isCustom(block.name))
        return [{ type: 'custom_tool_call', ...called, input: freeText(block.arguments) }]
      return [{ type: 'function_call', ...called, arguments: block.arguments.trim() === '' ? '{}' : block.arguments }]
    }
  }
}

/** A free-text tool's input, which the hub carries as a function's only argument. */
const freeText = (text: string): string => stringOf(objectOf(tryParse(text)).input) ?? text

const longestId = 64

/** Ids longer than the API takes (other gateways hide signatures in them) become a hash, the same for a call and its result. */
const callId = (id: string): string =>
  id.length <= longestId ? id : `call_${createHash('sha256').update(id).digest('base64url')}`

import { type Json, type JsonObject, listOf, objectOf, stringOf, tryParse } from '../core/json.ts'
import { callPart, contentParts } from './content-input.ts'

/** A conversation of the messages API as the GenAI conventions write messages; the words of the chat tongue's hold here. */
export const blockMessages = ({ system, messages }: JsonObject): Json[] => [
  ...(system === undefined || system === null ? [] : [{ role: 'system', parts: blockParts(system) }]),
  ...listOf(messages)
    .map(objectOf)
    .map(({ role, content }) => ({ role: stringOf(role) ?? 'user', parts: blockParts(content ?? null) })),
]

function blockParts(content: Json): Json[] {
  if (typeof content === 'string') return contentParts(content)
  return listOf(content).flatMap((value) => {
    const block = objectOf(value)
    switch (stringOf(block.type) ?? '') {
      case 'thinking':
        return block.thinking ? [{ type: 'reasoning', content: block.thinking }] : []
      case 'redacted_thinking':
        return []
      case 'tool_use':
      case 'server_tool_use':
        return [{ type: 'tool_call', id: block.id ?? null, name: block.name ?? '', arguments: block.input ?? null }]
      case 'tool_result':
        return [
          { type: 'tool_call_response', id: block.tool_use_id ?? null, response: resultOf(block.content ?? null) },
        ]
      default:
        return addressed(block) ?? contentParts([block])
    }
  })
}

/** What was said, without bytes of pictures and files. */
const resultOf = (content: Json): Json => (typeof content === 'string' ? content : contentParts(content))

function addressed({ type, source }: JsonObject): Json[] | undefined {
  const { url, file_id: file } = objectOf(source)
  const modality = type === 'image' ? 'image' : 'document'
  if (typeof url === 'string') return [{ type: 'uri', modality, uri: url }]
  return typeof file === 'string' ? [{ type: 'file', modality, file_id: file }] : undefined
}

/** A request of the responses API: instructions, and every item as a message of its own. */
export const itemMessages = ({ instructions, input }: JsonObject): Json[] => [
  ...(typeof instructions === 'string' ? [{ role: 'system', parts: contentParts(instructions) }] : []),
  ...(typeof input === 'string' ? [{ role: 'user', parts: contentParts(input) }] : listOf(input).map(itemMessage)),
]

function itemMessage(value: Json): Json {
  const item = objectOf(value)
  const type = stringOf(item.type) ?? 'message'
  if (type === 'message') return { role: stringOf(item.role) ?? 'user', parts: contentParts(item.content) }
  if (type.endsWith('_output'))
    return {
      role: 'tool',
      parts: [{ type: 'tool_call_response', id: item.call_id ?? null, response: resultOf(item.output ?? null) }],
    }
  return { role: 'assistant', parts: itemParts(item) }
}

/** What an item of the model's own says, as far as the conventions have a word for it. */
export function itemParts(item: JsonObject): Json[] {
  if (item.type === 'message') return contentParts(item.content)
  if (item.type === 'reasoning')
    return contentParts(item.summary).map((part) => ({ ...objectOf(part), type: 'reasoning' }))
  const call = { name: item.name ?? '', arguments: item.arguments ?? item.input ?? '' }
  return item.call_id === undefined ? [] : [callPart({ id: item.call_id, function: call })]
}

type Block = JsonObject & { json?: string }

/** Listens to a message of the messages API, streamed or whole; undefined until one began. */
export function messageListener(mostLetters: number) {
  const blocks: Block[] = []
  let heard = false
  let stop: string | undefined
  const grow = (block: Block, name: string, piece: Json | undefined): void => {
    const text = stringOf(block[name]) ?? ''
    if (typeof piece === 'string' && text.length < mostLetters) block[name] = text + piece
  }
  return {
    hear(event: JsonObject): void {
      const delta = objectOf(event.delta)
      if (event.type === 'message_start') heard = true
      if (event.type === 'content_block_start') blocks.push({ ...objectOf(event.content_block) })
      if (event.type === 'message_delta') stop = stringOf(delta.stop_reason) ?? stop
      const open = blocks.at(-1)
      if (event.type !== 'content_block_delta' || !open) return
      grow(open, 'text', delta.text)
      grow(open, 'thinking', delta.thinking)
      grow(open, 'json', delta.partial_json)
    },
    whole(message: JsonObject): void {
      heard = true
      blocks.push(...listOf(message.content).map(objectOf))
      stop = stringOf(message.stop_reason)
    },
    message: (): Json | undefined =>
      heard
        ? { role: 'assistant', parts: blockParts(blocks.map(withInput)), finish_reason: finishes[stop ?? ''] ?? 'stop' }
        : undefined,
  }
}

const withInput = ({ json, ...block }: Block): JsonObject =>
  json === undefined ? block : { ...block, input: tryParse(json) ?? json }

/** Nothing said why it ended: it broke off. */
const finishes: Record<string, string> = {
  '': 'error',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_call',
  refusal: 'content_filter',
}

import type { AssistantBlock, ChatMessage, UserBlock } from '../../core/chat.ts'
import { isObject, type JsonObject, tryParseExact } from '../../core/json.ts'
import { cacheControl } from './cache.ts'
import type { ToolNames } from './names.ts'
import { signatureFormat } from './reply-blocks.ts'
import type { Call } from './turns.ts'

/** A block of the user's side, or of `system`. */
export function printUserBlock(block: UserBlock): JsonObject {
  const cache = cacheControl(block.cache)
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text, ...cache }
    case 'image':
      return { type: 'image', source: printSource(block.source), ...cache }
    case 'file': {
      const title = block.name === undefined ? {} : { title: block.name }
      return { type: 'document', source: printSource(block.source), ...title, ...cache }
    }
  }
}

type Source = (UserBlock & { type: 'file' })['source']

export function printSource(source: Source): JsonObject {
  if ('url' in source) return { type: 'url', url: source.url }
  if ('id' in source) return { type: 'file', file_id: source.id }
  if (source.mediaType.startsWith('text/')) {
    // Plain text is the only kind of text document.
    return { type: 'text', media_type: 'text/plain', data: Buffer.from(source.base64, 'base64').toString() }
  }
  return { type: 'base64', media_type: source.mediaType, data: source.base64 }
}

/** The result of the call that was printed with this id. */
export function printResult(result: ChatMessage & { role: 'tool' }, id: string): JsonObject {
  const content = result.content.filter((block) => block.type !== 'text' || /\S/.test(block.text)).map(printUserBlock)
  return {
    type: 'tool_result',
    tool_use_id: id,
    ...(content.length > 0 ? { content } : {}),
    ...cacheControl(result.cache),
  }
}

type Context = { names: ToolNames; open: readonly { call: Call; id: string }[] }

/** A block of the assistant's side; none where it is reasoning that this provider did not sign. */
export function printAssistantBlock(block: AssistantBlock, { names, open }: Context): JsonObject[] {
  switch (block.type) {
    case 'text':
      return [{ type: 'text', text: block.text, ...cacheControl(block.cache) }]
    case 'reasoning':
      return isSigned(block) ? [{ type: 'thinking', thinking: block.text, signature: block.signature ?? '' }] : []
    case 'redacted':
      return isSigned(block) ? [{ type: 'redacted_thinking', data: block.data }] : []
    case 'call': {
      const id = open.find(({ call }) => call === block)?.id ?? block.id
      const input = parseArguments(block.arguments)
      return [{ type: 'tool_use', id, name: names.print(block.name), input, ...cacheControl(block.cache) }]
    }
  }
}

/** Reasoning that this tongue's provider vouches for. Without a format it came in Anthropic's own shape. */
export const isSigned = (block: AssistantBlock): boolean => {
  if (block.type !== 'reasoning' && block.type !== 'redacted') return false
  const ours = block.format === undefined || block.format === signatureFormat
  return ours && (block.type === 'redacted' || Boolean(block.signature))
}

/** An object, whatever the model once wrote: what is none is wrapped, because refusing it would end the conversation. */
function parseArguments(text: string): JsonObject {
  const parsed = text.trim() === '' ? {} : tryParseExact(text)
  if (parsed === null) return {}
  return isObject(parsed) ? parsed : { rawInvalidInput: text }
}

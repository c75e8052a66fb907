import type { AssistantBlock, ChatMessage, UserBlock } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { answered } from '../answered.ts'
import { argumentsOf } from '../call-arguments.ts'
import { textOfFile } from '../text-file.ts'

/** Messages of the chat API. It takes neither an assistant's turn without content nor an empty list of parts: both are left out. */
export function printMessages(messages: readonly ChatMessage[]): JsonObject[] {
  const printed: JsonObject[] = []
  let media: UserBlock[] = []
  const flush = () => {
    if (media.length > 0) printed.push({ role: 'user', content: media.map(printBlock) })
    media = []
  }
  for (const message of answered(messages)) {
    if (message.role !== 'tool') flush()
    switch (message.role) {
      case 'system':
      case 'user':
        if (message.content.length > 0) printed.push({ role: message.role, content: printContent(message.content) })
        break
      case 'assistant':
        printed.push(...printAssistant(message.content))
        break
      case 'tool':
        printed.push(printResult(message))
        media.push(...message.content.filter((block) => block.type !== 'text'))
    }
  }
  flush()
  return printed
}

function printContent(content: readonly UserBlock[]): JsonObject[''] {
  const [only] = content
  return content.length === 1 && only?.type === 'text' ? only.text : content.map(printBlock)
}

function printBlock(block: UserBlock): JsonObject {
  if (block.type === 'text') return { type: 'text', text: block.text }
  if (block.type === 'file') return { type: 'text', text: textOfFile(block) }
  const { source } = block
  const url = 'url' in source ? source.url : `data:${source.mediaType};base64,${source.base64}`
  return { type: 'image_url', image_url: { url } }
}

/** Reasoning of earlier turns is not sealed and not asked for. */
function printAssistant(content: readonly AssistantBlock[]): JsonObject[] {
  const text = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')
  const calls = content.filter((block) => block.type === 'call')
  if (text === '' && calls.length === 0) return []
  return [
    {
      role: 'assistant',
      ...(text === '' ? {} : { content: text }),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(printCall) }),
    },
  ]
}

/** Arguments must be an object; what a model once wrote wrongly is kept as text in one. */
function printCall({ id, name, arguments: args }: AssistantBlock & { type: 'call' }): JsonObject {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(argumentsOf(args)) } }
}

function printResult({ id, content }: ChatMessage & { role: 'tool' }): JsonObject {
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []))
  const elsewhere = texts.length === 0 && content.length > 0 ? 'The result follows.' : ''
  return { role: 'tool', tool_call_id: id, content: texts.join('\n') || elsewhere }
}

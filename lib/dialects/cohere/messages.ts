import type { AssistantBlock, ChatMessage, UserBlock } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { argumentsOf } from '../call-arguments.ts'
import { textOfFile } from '../text-file.ts'
import { textResults } from '../text-results.ts'

/** Messages of the chat API. It takes neither an assistant's turn without content nor an empty list of parts: both are left out. */
export const printMessages = (messages: readonly ChatMessage[]): JsonObject[] =>
  textResults(messages).flatMap((message): JsonObject[] => {
    const { role } = message
    if (role === 'assistant') return printAssistant(message.content)
    const content = printContent(message.content)
    if (role === 'tool') return [{ role, tool_call_id: message.id, content }]
    return message.content.length === 0 ? [] : [{ role, content }]
  })

function printContent(content: readonly UserBlock[]): JsonObject[''] {
  const [only] = content
  return content.length === 1 && only?.type === 'text' ? only.text : content.map(printBlock)
}

function printBlock(block: UserBlock): JsonObject {
  if (block.type === 'text') return { type: 'text', text: block.text }
  if (block.type === 'file') return { type: 'text', text: textOfFile(block) }
  const { source } = block
  const url = 'url' in source ? source.url : `data:${source.mediaType};base64,${source.base64}`
  return { type: 'image_url', image_url: { url, ...(block.detail && { detail: block.detail }) } }
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

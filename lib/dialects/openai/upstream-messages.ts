import type { AssistantBlock, ChatMessage, UserBlock } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import type { RequestOptions } from '../tongue.ts'
import { textOfFile } from '../text-file.ts'
import { textResults } from '../text-results.ts'
import { unsupported } from '../unsupported.ts'
import { printDetails } from './host-history.ts'
import { bareName, reasoning } from './pass-models.ts'

/**
 * Messages of the chat completions API. What a tool message cannot hold (images, files) follows the results as the user's,
 * because the API has texts alone there.
 */
export function printMessages(messages: readonly ChatMessage[], options: RequestOptions): JsonObject[] {
  const developer = options.flags.developerRole === true && reasoning.test(bareName(options.upstreamModel))
  const carries = options.flags.reasoningHistory !== undefined
  const printed = textResults(messages).flatMap((message): JsonObject[] => {
    const { role } = message
    if (role === 'assistant') return printAssistant(message.content, carries)
    const content = printContent(message.content)
    if (role === 'tool') return [{ role, tool_call_id: message.id, content }]
    return message.content.length === 0 ? [] : [{ role: role === 'system' && developer ? 'developer' : role, content }]
  })
  const last = printed.at(-1)
  if (options.flags.prefillMark && last?.role === 'assistant') last[options.flags.prefillMark] = true
  return printed
}

/** One text is a string: every host takes that, and not every host takes a list. */
function printContent(content: readonly UserBlock[]): JsonObject[''] {
  const [only] = content
  return content.length === 1 && only?.type === 'text' ? only.text : content.map(printBlock)
}

function printBlock(block: UserBlock): JsonObject {
  if (block.type === 'text') return { type: 'text', text: block.text }
  const { source } = block
  if (block.type === 'image') {
    const url = 'url' in source ? source.url : 'base64' in source ? dataUrl(source) : undefined
    if (url === undefined) throw unsupported('messages.content', { type: 'image', source: 'file id' })
    return { type: 'image_url', image_url: { url, ...(block.detail && { detail: block.detail }) } }
  }
  return printFile(block)
}

/** The API reads PDF files and takes sound apart from them; a file of text is text. */
function printFile(block: UserBlock & { type: 'file' }): JsonObject {
  const { source, name = 'file' } = block
  if ('id' in source) return { type: 'file', file: { file_id: source.id } }
  if ('url' in source) throw unsupported('messages.content', { type: 'file', url: source.url })
  const [kind, subtype] = source.mediaType.split('/')
  if (kind === 'text') return { type: 'text', text: textOfFile(block) }
  if (kind !== 'audio') return { type: 'file', file: { file_data: dataUrl(source), filename: name } }
  const format = subtype === 'mpeg' ? 'mp3' : (subtype?.replace(/^x-/, '') ?? '')
  return { type: 'input_audio', input_audio: { data: source.base64, format } }
}

const dataUrl = ({ mediaType, base64 }: { mediaType: string; base64: string }): string =>
  `data:${mediaType};base64,${base64}`

/** Reasoning of earlier turns stays out, but for hosts with a rule for it (host-history.ts): most refuse what they do not know. */
function printAssistant(content: readonly AssistantBlock[], carries: boolean): JsonObject[] {
  const text = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')
  const calls = content.filter((block) => block.type === 'call')
  if (text === '' && calls.length === 0) return []
  const details = carries ? printDetails(content) : []
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(details.length === 0 ? {} : { reasoning_details: details }),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(printCall) }),
    },
  ]
}

const printCall = ({ id, name, arguments: args }: AssistantBlock & { type: 'call' }): JsonObject => ({
  id,
  type: 'function',
  function: { name, arguments: args.trim() === '' ? '{}' : args },
})

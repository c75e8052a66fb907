import type { AssistantBlock, ChatMessage, UserBlock } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { answered } from '../answered.ts'
import { argumentsOf } from '../call-arguments.ts'
import { textOfFile } from '../text-file.ts'

type Call = AssistantBlock & { type: 'call' }
type Result = ChatMessage & { role: 'tool' }

/**
 * Messages of the chat API: content is one text, images stand beside it. Calls have no ids there, so results are told apart by
 * their order: it is made that of the calls.
 */
export function printMessages(messages: readonly ChatMessage[]): JsonObject[] {
  const printed: JsonObject[] = []
  let calls: readonly Call[] = []
  let results: Result[] = []
  const flush = () => {
    const place = ({ id }: Result): number => {
      const at = calls.findIndex((call) => call.id === id)
      return at < 0 ? calls.length : at
    }
    for (const result of results.sort((a, b) => place(a) - place(b))) {
      const name = calls.find((call) => call.id === result.id)?.name
      printed.push({
        role: 'tool',
        ...printContent(result.content),
        ...(name === undefined ? {} : { tool_name: name }),
      })
    }
    results = []
  }
  for (const message of answered(messages)) {
    if (message.role === 'tool') {
      results.push(message)
      continue
    }
    flush()
    if (message.role === 'assistant') {
      calls = message.content.filter((block) => block.type === 'call')
      printed.push(...printAssistant(message.content, calls))
    } else if (message.content.length > 0) {
      printed.push({ role: message.role, ...printContent(message.content) })
    }
  }
  flush()
  return printed
}

function printContent(content: readonly UserBlock[]): JsonObject {
  const texts = content.flatMap((block) =>
    block.type === 'text' ? [block.text] : block.type === 'file' ? [textOfFile(block)] : [],
  )
  const images = content.flatMap((block) => (block.type === 'image' ? [base64Of(block)] : []))
  return { content: texts.join('\n'), ...(images.length === 0 ? {} : { images }) }
}

/** It fetches nothing by itself. */
function base64Of({ source }: UserBlock & { type: 'image' }): string {
  if ('base64' in source) return source.base64
  throw new GatewayError('unsupported_parameter', {
    param: 'messages.content',
    message: `This model takes images as bytes alone, not by address (${source.url.slice(0, 60)}): send a data URL.`,
  })
}

/** Reasoning that no one sealed is handed back: models that think between calls go on from it. */
function printAssistant(content: readonly AssistantBlock[], calls: readonly Call[]): JsonObject[] {
  const text = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')
  if (text === '' && calls.length === 0) return []
  const thinking = content
    .flatMap((block) => (block.type === 'reasoning' && block.signature === undefined ? [block.text] : []))
    .join('')
  return [
    {
      role: 'assistant',
      content: text,
      ...(thinking === '' ? {} : { thinking }),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(printCall) }),
    },
  ]
}

const printCall = ({ name, arguments: args }: Call): JsonObject => ({
  function: { name, arguments: argumentsOf(args) },
})

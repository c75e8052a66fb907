import type { ChatMessage, ChatRequest } from '../core/chat.ts'
import type { ToolNames } from './anthropic/names.ts'

/** The request with every name of a tool as this host takes it: those of tools, of the choice among them, and of earlier calls. */
export function withNames(request: ChatRequest, names: ToolNames): ChatRequest {
  const { tools, toolChoice } = request
  return {
    ...request,
    tools: tools.map((tool) => ({ ...tool, name: names.print(tool.name) })),
    ...(typeof toolChoice === 'object' ? { toolChoice: { name: names.print(toolChoice.name) } } : {}),
    messages: request.messages.map((message) => renamed(message, names)),
  }
}

function renamed(message: ChatMessage, names: ToolNames): ChatMessage {
  if (message.role !== 'assistant' || !message.content.some(({ type }) => type === 'call')) return message
  const content = message.content.map((block) =>
    block.type === 'call' ? { ...block, name: names.print(block.name) } : block,
  )
  return { ...message, content }
}

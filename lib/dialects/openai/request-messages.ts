import type { AssistantBlock, CacheMark, ChatMessage, TextBlock, UserBlock } from '../../core/chat.ts'
import { type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { parseCalled } from './request-custom.ts'
import { parsePart } from './request-parts.ts'
import { parseCarriedReasoning } from './request-reasoning.ts'
import { cacheMark, wrong } from './request-fields.ts'

/** Messages of the chat completions API into the hub's. Blocks keep their boundaries, so that cache marks stay in place. */
export function parseMessages(messages: readonly Json[]): ChatMessage[] {
  return messages.map((message, at) => parseMessage(objectOf(message), `messages[${at}]`, at))
}

function parseMessage(message: JsonObject, param: string, at: number): ChatMessage {
  const mark = cacheMark(message.cache_control)
  switch (stringOf(message.role) ?? '') {
    case 'system':
    case 'developer':
      return { role: 'system', content: marked(texts(message.content, param), mark) }
    case 'user':
      return { role: 'user', content: marked(blocks(message.content, param), mark) }
    case 'assistant':
      return { role: 'assistant', content: marked(assistant(message, param, at), mark) }
    case 'tool': {
      const id = stringOf(message.tool_call_id)
      if (!id) throw wrong(`${param}.tool_call_id`, 'the id of the call that this answers', message.tool_call_id)
      return { role: 'tool', id, content: blocks(message.content, param), ...mark }
    }
    default:
      throw wrong(`${param}.role`, '"system", "developer", "user", "assistant" or "tool"', message.role)
  }
}

function blocks(content: Json | undefined, param: string): UserBlock[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw wrong(`${param}.content`, 'a string or a list of parts', content)
  return content.map((part, at) => parsePart(objectOf(part), `${param}.content[${at}]`))
}

function texts(content: Json | undefined, param: string): TextBlock[] {
  return blocks(content, param).map((block, at) => {
    if (block.type === 'text') return block
    throw wrong(`${param}.content[${at}].type`, '"text" in this role', block.type)
  })
}

function assistant(message: JsonObject, param: string, at: number): AssistantBlock[] {
  const refusal = stringOf(message.refusal)
  return [
    ...parseCarriedReasoning(message),
    ...texts(message.content, param),
    ...(refusal ? [{ type: 'text', text: refusal } as const] : []),
    ...listOf(message.tool_calls).map((call, nth) =>
      parseCall(objectOf(call), `${param}.tool_calls[${nth}]`, [at, nth]),
    ),
  ]
}

/** Arguments stay text, valid or not: what to do with a call that is not JSON is for the tongue upstream. */
function parseCall(call: JsonObject, param: string, [at, nth]: [number, number]): AssistantBlock {
  const { name, text } = parseCalled(call)
  if (!name) throw wrong(`${param}.${call.type === 'custom' ? 'custom' : 'function'}.name`, 'a name', name)
  return {
    type: 'call',
    id: stringOf(call.id) || `call_${at}_${nth}`,
    name,
    arguments: text,
    ...cacheMark(call.cache_control),
  }
}

/** A mark on the message means its last block that can carry one. */
function marked<B extends { type: string; cache?: CacheMark }>(content: B[], { cache }: { cache?: CacheMark }): B[] {
  const last = content.findLastIndex((block) => block.type !== 'reasoning' && block.type !== 'redacted')
  return cache ? content.map((block, at) => (at === last ? { ...block, cache } : block)) : content
}

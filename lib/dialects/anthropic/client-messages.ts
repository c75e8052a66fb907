import type { AssistantBlock, ChatMessage, TextBlock, UserBlock } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { cacheMark, wrong } from '../openai/request-fields.ts'
import { type Drop, parseUserBlocks } from './client-blocks.ts'
import { plainId } from './names.ts'
import { untagged } from './signatures.ts'

/** Claude Code's first block accounts for it at Anthropic; elsewhere it only spoils the prompt cache. */
const billing = 'x-anthropic-billing-header:'

/** `system` as the first message; none where it says nothing. */
export function parseSystem(system: Json | undefined): ChatMessage[] {
  const content = texts(system ?? [], 'system').filter(({ text }) => text !== '' && !text.startsWith(billing))
  return content.length === 0 ? [] : [{ role: 'system', content }]
}

/** Messages into the hub's. A user's message with results of calls becomes those results, then the rest of it. */
export function parseMessages(messages: readonly Json[], drop: Drop): ChatMessage[] {
  const lastUser = messages.findLastIndex((message) => objectOf(message).role === 'user')
  return messages.flatMap((value, at): ChatMessage[] => {
    const { role, content = null } = objectOf(value)
    const param = `messages.${at}.content`
    if (role === 'system') return parseAside(objectOf(value), { param, drop, last: at > lastUser })
    if (role === 'assistant') return [{ role: 'assistant', content: parseAssistant(content, { param, at, drop }) }]
    return parseUser(content, param, drop)
  })
}

type Aside = { param: string; drop: Drop; last: boolean }

/** A system message in the middle: its words, unless they were for one turn that is over. Changes of tools are read elsewhere. */
function parseAside(message: JsonObject, { param, drop, last }: Aside): ChatMessage[] {
  const { content = null, clear_at: cleared, output_config: output } = message
  if (output !== undefined && output !== null) drop('messages.output_config')
  if (cleared === 'next_user_message' && !last) return []
  const said = Array.isArray(content) ? content.filter((block) => !toolChange.test(typeOf(block))) : content
  const parsed = texts(said ?? [], param)
  return parsed.length === 0 ? [] : [{ role: 'system', content: parsed }]
}

const toolChange = /^tool_(?:addition|removal)$/
const typeOf = (block: Json): string => stringOf(objectOf(block).type) ?? ''

function texts(content: Json, param: string): TextBlock[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return listOf(content).map((value, at) => {
    const block = objectOf(value)
    if (block.type !== 'text') throw wrong(`${param}.${at}.type`, '"text"', block.type)
    if (typeof block.text !== 'string') throw wrong(`${param}.${at}.text`, 'a text', block.text)
    return { type: 'text', text: block.text, ...cacheMark(block.cache_control) }
  })
}

function parseUser(content: Json, param: string, drop: Drop): ChatMessage[] {
  if (typeof content === 'string') return [{ role: 'user', content: [{ type: 'text', text: content }] }]
  const results: ChatMessage[] = []
  const rest: UserBlock[] = []
  for (const [at, value] of listOf(content).entries()) {
    const block = objectOf(value)
    if (block.type === 'tool_result') results.push(parseResult(block, `${param}.${at}`, drop))
    else rest.push(...parseUserBlocks(block, `${param}.${at}`, drop))
  }
  return rest.length > 0 || results.length === 0 ? [...results, { role: 'user', content: rest }] : results
}

/** That a call failed is said in words: only this tongue has a field for it. */
function parseResult(block: JsonObject, param: string, drop: Drop): ChatMessage {
  const { tool_use_id: id, content = null, is_error: failed } = block
  if (typeof id !== 'string' || id === '')
    throw wrong(`${param}.tool_use_id`, 'the id of the call that this answers', id)
  const given: UserBlock[] =
    typeof content === 'string'
      ? [{ type: 'text', text: content }]
      : listOf(content).flatMap((value, at) => parseUserBlocks(objectOf(value), `${param}.content.${at}`, drop))
  return {
    role: 'tool',
    id: plainId(id),
    content: failed === true ? markedFailed(given) : given,
    ...cacheMark(block.cache_control),
  }
}

function markedFailed(content: UserBlock[]): UserBlock[] {
  const [first, ...others] = content
  if (first?.type !== 'text') return [{ type: 'text', text: 'Error' }, ...content]
  return [{ ...first, text: `Error: ${first.text}` }, ...others]
}

type Where = { param: string; at: number; drop: Drop }

function parseAssistant(content: Json, { param, at, drop }: Where): AssistantBlock[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return listOf(content).flatMap((value, nth) => {
    const parsed = parseAssistantBlock(objectOf(value), `${param}.${nth}`, [at, nth])
    if (parsed === undefined) drop(`messages.content.${stringOf(objectOf(value).type) ?? ''}`)
    return parsed ?? []
  })
}

/** Undefined for what the provider ran itself: its results are sealed, and the text that follows tells of them. */
function parseAssistantBlock(
  block: JsonObject,
  param: string,
  [at, nth]: [number, number],
): AssistantBlock[] | undefined {
  const mark = cacheMark(block.cache_control)
  switch (stringOf(block.type) ?? '') {
    case 'text': {
      if (typeof block.text !== 'string') throw wrong(`${param}.text`, 'a text', block.text)
      return [{ type: 'text', text: block.text, ...mark }]
    }
    case 'thinking': {
      const { sealed, ...sealer } = untagged(stringOf(block.signature) ?? '')
      const text = stringOf(block.thinking) ?? ''
      return [{ type: 'reasoning', text, ...(sealed !== '' && { signature: sealed, ...sealer }) }]
    }
    case 'redacted_thinking': {
      const { sealed, format } = untagged(stringOf(block.data) ?? '')
      return [{ type: 'redacted', data: sealed, format }]
    }
    case 'tool_use': {
      const { name, id, input } = block
      if (typeof name !== 'string' || name === '') throw wrong(`${param}.name`, 'a name', name)
      const args = JSON.stringify(isObject(input) ? input : {})
      return [{ type: 'call', id: plainId(stringOf(id) || `toolu_${at}_${nth}`), name, arguments: args, ...mark }]
    }
    case 'compaction': {
      // It stands for all that was said before it.
      const summary = stringOf(block.content)
      return summary ? [{ type: 'text', text: summary, ...mark }] : []
    }
    default:
      return undefined
  }
}

import type { AssistantBlock, ChatMessage, UserBlock } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { wrong } from '../openai/request-fields.ts'
import { parsePart } from '../openai/request-parts.ts'
import { unsupported } from '../unsupported.ts'
import { calledName } from './namespaces.ts'
import { openedSummary, parseReasoning } from './sealed.ts'

/**
 * `instructions` and `input` as messages. Neighbouring items of the assistant's (reasoning, text, calls) are one message, as
 * the turn was that they came from.
 */
export function parseInput({ instructions, input }: JsonObject): ChatMessage[] {
  const messages: ChatMessage[] = []
  if (typeof instructions === 'string' && instructions !== '')
    messages.push({ role: 'system', content: [{ type: 'text', text: instructions }] })
  if (typeof input === 'string') messages.push({ role: 'user', content: [{ type: 'text', text: input }] })
  for (const [at, value] of listOf(input).entries()) {
    const message = parseItem(objectOf(value), `input[${at}]`)
    const last = messages.at(-1)
    if (message?.role === 'assistant' && last?.role === 'assistant') last.content.push(...message.content)
    else if (message) messages.push(message)
  }
  return messages
}

const assistant = (...content: AssistantBlock[]): ChatMessage => ({ role: 'assistant', content })

/** Undefined: an item that says nothing to another model (calls that the provider answered itself). */
function parseItem(item: JsonObject, param: string): ChatMessage | undefined {
  const type = stringOf(item.type) ?? 'message'
  switch (type) {
    case 'message':
      return parseMessage(item, param)
    case 'reasoning':
      return assistant(...parseReasoning(item))
    case 'function_call':
    case 'custom_tool_call': {
      const name = calledName(item)
      if (!name) throw wrong(`${param}.name`, 'a name', item.name)
      const text = type === 'function_call' ? argumentsOf(item.arguments) : JSON.stringify({ input: item.input ?? '' })
      return assistant({ type: 'call', id: callId(item, param), name, arguments: text })
    }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { role: 'tool', id: callId(item, param), content: parseOutput(item.output, `${param}.output`) }
    case 'item_reference':
      throw new GatewayError('not_found', {
        param,
        message: `${param} refers to ${JSON.stringify(item.id)}, which is not stored here: send the item itself.`,
      })
    case 'compaction': {
      const summary = openedSummary(item)
      if (summary === undefined) throw unsupported(param, type)
      return { role: 'user', content: [{ type: 'text', text: summary }] }
    }
    default:
      return parseForeign(type, item, param)
  }
}

const argumentsOf = (value: Json | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? {})

function callId({ call_id: id }: JsonObject, param: string): string {
  if (typeof id === 'string' && id !== '') return id
  throw wrong(`${param}.call_id`, 'the id of a call', id)
}

/** Calls of tools with a shape of their own (shell, patches) and their outputs, as calls of a function of that name. */
function parseForeign(type: string, item: JsonObject, param: string): ChatMessage | undefined {
  const id = stringOf(item.call_id)
  const [, tool, output] = foreign(type) ?? []
  if (id === undefined || tool === undefined) return undefined
  if (output) return { role: 'tool', id, content: foreignOutput(item, `${param}.output`) }
  const input = item.action ?? item.operation ?? item.arguments ?? {}
  return assistant({ type: 'call', id, name: tool, arguments: argumentsOf(input) })
}

/** `local_shell_call`, `local_shell_call_output`; one output is named without its call. */
const foreign = (type: string) =>
  /^(.+?)_call(_output)?$/.exec(type.replace(/^tool_search_output$/, 'tool_search_call_output'))

/** A picture of the screen, names of the tools that were found, or whatever a tool says. */
function foreignOutput({ output, tools }: JsonObject, param: string): UserBlock[] {
  const { image_url: url } = objectOf(output)
  if (typeof url === 'string') return parseContent([{ type: 'input_image', image_url: url }], param)
  const found = listOf(tools ?? []).map((tool) => objectOf(tool).name ?? null)
  return parseOutput(output ?? { tools: found }, param)
}

/** Items of the input that another model is told nothing of, by their type: what the provider ran, and whatever is yet to be invented. */
export function unsaidItems({ input }: JsonObject): string[] {
  const types = listOf(input ?? []).flatMap((value) => {
    const item = objectOf(value)
    const type = stringOf(item.type) ?? 'message'
    return said.has(type) || (foreign(type) !== null && typeof item.call_id === 'string') ? [] : [`input.${type}`]
  })
  return [...new Set(types)]
}

/** Items that are read here, or elsewhere (tools, changes of the configuration). */
const said = new Set(
  `message reasoning function_call function_call_output custom_tool_call custom_tool_call_output item_reference compaction
   additional_tools tool_search_call tool_search_output configuration_update`.split(/\s+/),
)

function parseMessage(item: JsonObject, param: string): ChatMessage {
  const content = parseContent(item.content, `${param}.content`)
  switch (stringOf(item.role) ?? '') {
    case 'user':
      return { role: 'user', content }
    case 'system':
    case 'developer':
      return { role: 'system', content: texts(content, param) }
    case 'assistant':
      return assistant(...texts(content, param))
    default:
      throw wrong(`${param}.role`, '"user", "assistant", "system" or "developer"', item.role)
  }
}

function texts(content: readonly UserBlock[], param: string) {
  return content.map((block) => {
    if (block.type === 'text') return block
    throw wrong(`${param}.content`, 'texts in this role', block.type)
  })
}

function parseContent(content: Json | undefined, param: string): UserBlock[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw wrong(param, 'a text or a list of parts', content)
  return content.map((part, at) => parsePart(asChatPart(objectOf(part)), `${param}[${at}]`))
}

/** What a tool gave: a text, parts, or (of lenient clients) anything. */
function parseOutput(output: Json | undefined, param: string): UserBlock[] {
  if (isObject(output)) return [{ type: 'text', text: JSON.stringify(output) }]
  const parts = Array.isArray(output) && output.every((part) => isObject(part) && typeof part.type === 'string')
  if (Array.isArray(output) && !parts) return [{ type: 'text', text: JSON.stringify(output) }]
  return parseContent(output, param)
}

/** Parts differ from the chat API's in their names alone. */
export function asChatPart(part: JsonObject): JsonObject {
  const { image_url: url, file_id: id, detail } = part
  switch (stringOf(part.type) ?? '') {
    case 'input_text':
    case 'output_text':
    case 'summary_text':
      return { ...part, type: 'text' }
    case 'input_image':
      if (typeof id === 'string' && typeof url !== 'string') return { type: 'file', file: { file_id: id } }
      return { type: 'image_url', image_url: isObject(url) ? url : { url: url ?? null, detail: detail ?? null } }
    case 'input_file': {
      const { type: _, ...file } = part
      return { type: 'file', file }
    }
    default:
      return part
  }
}

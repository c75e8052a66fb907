import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { ChatCall } from '../dialect.ts'
import { type Check, expectField, flag, invalid, isText, modelOf, object, range, textField, whole } from '../fields.ts'
import { readBody } from '../read-body.ts'

/**
 * Reads a request of the messages API. Strict on what would be misread further on (money depends on some of it), lenient on
 * fields it does not know. `max_tokens` is mandatory there, and here.
 * @throws GatewayError `invalid_json` with line and column, `invalid_request` with the parameter, the value and what was expected
 */
export function parseMessagesCall(text: string, headers: Record<string, string> = {}): ChatCall {
  const call = parseCountCall(text, headers)
  const { max_tokens: cap } = call.body
  if (cap === undefined || cap === null) throw invalid('max_tokens', undefined, whole.words)
  return call
}

/** Headers that the API gives a meaning: they travel to a host that speaks it too. */
const meaningful = ['anthropic-version', 'anthropic-beta']

/** The same for a request whose tokens are to be counted: it has no cap. */
export function parseCountCall(text: string, headers: Record<string, string> = {}): ChatCall {
  const read = readBody(text)
  const { body } = read
  const model = modelOf(body)
  checkMessages(body)
  for (const [param, check] of Object.entries(fields)) expectField(param, body[param], check)
  if (isObject(body.thinking)) expectField('thinking.type', body.thinking.type, textField)
  for (const [at, tool] of (Array.isArray(body.tools) ? body.tools : []).entries())
    if (isObject(tool)) expectField(`tools.${at}.description`, tool.description, textField)
  const kept = meaningful.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]))
  return {
    ...read,
    model,
    stream: body.stream === true,
    includeUsage: true,
    headers: Object.fromEntries(kept),
  }
}

const isBlock = (value: Json): boolean => isObject(value) && typeof value.type === 'string'
const blocks: Check = {
  words: 'a text or a list of content blocks, each an object with a type',
  is: (value) => isText(value) || (Array.isArray(value) && value.every(isBlock)),
}

/** Tools of the client have a name and a schema; the provider's own say what they are by their type. */
const isTool = (value: Json): boolean =>
  isObject(value) &&
  (value.type === undefined || value.type === null || value.type === 'custom'
    ? typeof value.name === 'string' && value.name !== '' && isObject(value.input_schema)
    : typeof value.type === 'string')

/** Ranges are the widest that any host takes; a narrower one is the host's to refuse. */
const fields: Record<string, Check> = {
  max_tokens: whole,
  system: blocks,
  temperature: range(0, 2),
  top_p: range(0, 1),
  top_k: whole,
  stream: flag,
  stop_sequences: {
    words: 'a list of texts',
    is: (value) => Array.isArray(value) && value.every(isText),
  },
  tools: {
    words: "a list of objects, each with a 'name' and an 'input_schema', or with the 'type' of a tool of the provider",
    is: (value) => Array.isArray(value) && value.every(isTool),
  },
  tool_choice: { words: "an object with a 'type'", is: isBlock },
  // Without a type it says how blocks of earlier turns are taken (`block_binding`), and leaves the rest to the model.
  thinking: object,
  output_config: object,
  metadata: object,
  context_management: object,
  service_tier: textField,
}

const roles = new Set(['user', 'assistant', 'system'])

/** Of a kept conversation only what is new is sent, which may be nothing. */
function checkMessages({ messages, thread }: JsonObject): void {
  const continued = isObject(thread) && thread.type === 'continue'
  if (!Array.isArray(messages) || (messages.length === 0 && !continued))
    throw invalid('messages', messages, 'a list of at least one message')
  for (const [position, message] of messages.entries()) {
    const param = `messages.${position}`
    if (!isObject(message)) throw invalid(param, message, "an object with 'role' and 'content'")
    const { role, content } = message
    if (typeof role !== 'string' || !roles.has(role))
      throw invalid(`${param}.role`, role, `one of ${[...roles].join(', ')}`)
    // A system message may change the tools or the effort, and say nothing.
    if (role === 'system' && (content === undefined || content === null)) continue
    if (content === undefined || content === null) throw invalid(`${param}.content`, undefined, blocks.words)
    expectField(`${param}.content`, content, blocks)
    checkBlocks(content, `${param}.content`)
  }
}

/** Calls and their results, which are matched by their ids. */
function checkBlocks(content: Json, param: string): void {
  if (!Array.isArray(content)) return
  for (const [at, value] of content.entries()) {
    const block = value as JsonObject
    if (block.type === 'tool_result') expectField(`${param}.${at}.content`, block.content, blocks)
    if (block.type !== 'tool_use') continue
    expectField(`${param}.${at}.id`, block.id, textField)
    expectField(`${param}.${at}.input`, block.input, object)
  }
}

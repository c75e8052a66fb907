import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { boundedBy } from '../bounded-by.ts'
import type { Bounds } from '../dialect.ts'
import { jsonTokens, partTokens } from '../prompt-size.ts'
import { unboundedParam } from '../unbounded-params.ts'
import { imageTokens, pageTokens, pictureTokens } from '../openai/media-bounds.ts'
import { toolsDefined } from './client-tool-changes.ts'

/** Around each message: role, separators, and what templates add. */
const messageTokens = 8
/** Around tools: the longest preamble known is Anthropic's, 530 tokens. */
const toolsTokens = 600
const toolTokens = 24
/** A tool that Anthropic defines by its type brings its own description: at most 735 tokens, and 500 of a system text (computer use). */
const definedToolTokens = 1500
/** A toolset brings one for each of its actions, about thirty. */
const toolsetTokens = 12_000
const formatTokens = 300
/** What thinking, effort and other switches add to a system text. */
const switchTokens = 100

/**
 * How many input tokens a messages request can be counted as, at most, by any host, and what else bounds its cost: as
 * `boundsOf` of the chat tongue, whose reasons hold here. Text counts by its UTF-8 bytes, wherever it stands. Take it of
 * the request as it will be sent, with the deployment's defaults.
 */
export function boundsOf(body: JsonObject): Bounds {
  let tokens = switchTokens
  const found: Found = {}
  const messages = listOf(body.messages)
  const tools = toolsDefined(body)
  for (const [key, value] of Object.entries(body)) {
    if (written.has(key)) tokens += valueTokens(found, value, key)
    else if (!notInPrompt.has(key)) tokens += jsonTokens(value)
  }
  tokens += messages.length * messageTokens
  if (tools.length > 0 || messages.some(holdsCalls)) tokens += toolsTokens + tools.length * toolTokens
  for (const tool of tools) if (isDefined(tool)) tokens += isToolset(tool) ? toolsetTokens : definedToolTokens
  if (isObject(objectOf(body.output_config).format) || isObject(body.output_format)) tokens += formatTokens

  return boundedBy(body, {
    inputTokens: tokens,
    choices: 1,
    cap: numberOf(body.max_tokens) ?? numberOf(body.max_completion_tokens),
    unbounded: unboundedIn(body) ?? found.unbounded,
  })
}

type Found = { unbounded?: string }

/** Never shown to the model. */
const notInPrompt = new Set(
  `model max_tokens max_completion_tokens metadata stop_sequences stop stream temperature top_k top_p thinking service_tier
   context_management cache_control speed inference_geo user frequency_penalty presence_penalty seed`.split(/\s+/),
)
/** What holds texts and media; all else that reaches the model does so as JSON. */
const written = new Set(['messages', 'system'])
/** Names that frame a block and are covered by the amounts above. */
const framing = new Set(['role', 'content', 'type', 'text', 'source', 'cache_control', 'tool_use_id'])

const holdsCalls = (message: Json): boolean =>
  listOf(objectOf(message).content).some((block) => /tool_/.test(stringOf(objectOf(block).type) ?? ''))

const valueTokens = (found: Found, value: Json, where: string): number =>
  partTokens(value, framing, (item) => (isObject(item.source) ? mediaTokens(found, item, where) : undefined))

/**
 * An image counts by its formula, what is none in its place as that. A document counts by the bytes of its data and by its pages (a
 * PDF made to hide them can end above that; its true cost is still booked); one that the host fetches or has stored is bounded by
 * nothing. Undefined for what counts as any other block does.
 */
function mediaTokens(found: Found, block: JsonObject, where: string): number | undefined {
  const source = objectOf(block.source)
  if (block.type === 'image') {
    const tokens = pictureTokens(addressOf(source), { least: imageTokens, data: stringOf(source.data) ?? '' })
    if (tokens === undefined) found.unbounded ??= `${where}.image.source`
    return tokens ?? 0
  }
  if (block.type !== 'document') return undefined
  if (source.type === 'url' || source.type === 'file') found.unbounded ??= `${where}.document.source`
  if (source.type !== 'base64') return undefined
  const data = stringOf(source.data) ?? ''
  let tokens = Math.ceil((data.length * 3) / 4) + pageTokens(data)
  for (const [key, part] of Object.entries(block)) if (key !== 'source') tokens += valueTokens(found, part, where)
  return tokens
}

/** Of a source in this tongue's words, as the chat tongue has it. */
const addressOf = ({ type, media_type: declared, data, url, file_id: id }: JsonObject): string =>
  type === 'base64'
    ? `data:${stringOf(declared) ?? ''};base64,${stringOf(data) ?? ''}`
    : (stringOf(url) ?? stringOf(id) ?? '')

const clientTools = /^(?:custom$|bash_|text_editor_|computer_|browser_|memory_)/
const isToolset = (tool: Json): boolean => /_toolset_/.test(stringOf(objectOf(tool).type) ?? '')
const isDefined = (tool: Json): boolean => /^(?!custom$)./.test(stringOf(objectOf(tool).type) ?? '')

/**
 * Parameters that let a provider bill what no count of tokens bounds: tools it runs itself, a conversation that it has kept, a
 * model pass to compact one.
 */
function unboundedIn(body: JsonObject): string | undefined {
  if (objectOf(body.thread).type === 'continue') return 'thread'
  if (listOf(body.mcp_servers).length > 0) return 'mcp_servers'
  for (const name of ['container', 'compaction', 'billing_policy'])
    if (body[name] !== undefined && body[name] !== null) return name
  const foreign = unboundedParam(body)
  if (foreign !== undefined) return foreign
  const edits = listOf(objectOf(body.context_management).edits)
  const compacting = edits.findIndex((edit) => stringOf(objectOf(edit).type)?.startsWith('compact'))
  if (compacting >= 0) return `context_management.edits[${compacting}]`
  const hosted = toolsDefined(body).findIndex((tool) => !clientTools.test(stringOf(objectOf(tool).type) ?? 'custom'))
  return hosted < 0 ? undefined : `tools[${hosted}]`
}

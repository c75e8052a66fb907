import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'
import { elementsOf, membersOf, skipSpace, valueEnd } from '../../wire/json-scan.ts'
import { splice } from '../../wire/json-splice.ts'
import type { ChatCall, ExchangeOptions } from '../dialect.ts'
import { plainRequestText, type SentRequest } from '../openai/pass-request.ts'
import { leastOutputTokens, sealsReasoning } from './models.ts'
import { isOurs, openedSummary } from './sealed.ts'
import { nativeParams } from './upstream-params.ts'

/**
 * The request for a host of the same tongue: the client's text, edited where it must be. The conversation is whole and ours to
 * keep, whichever host answers next, so the host is told to store nothing and asked for sealed reasoning instead; ids, which
 * only the host that gave them could resolve, stay here.
 * Throws `unsupported_parameter` for one the host refuses, unless those are to be dropped.
 */
export function responsesRequestText(call: ChatCall, options: ExchangeOptions): SentRequest {
  const set: Record<string, Json> = { store: false }
  const include = includeOf(call.body, options.upstreamModel)
  if (include) set.include = include
  const cap = options.outputCap ?? numberOf(call.body.max_output_tokens)
  if (cap !== undefined) set.max_output_tokens = options.outputCap ?? Math.max(cap, leastOutputTokens)
  const metadata = ownMetadata(call.body)
  if (metadata) set.metadata = metadata
  const remove = [
    'previous_response_id',
    'background',
    'max_tokens',
    'max_completion_tokens',
    'client_metadata',
  ].filter((name) => name in call.body)
  const body = without({ ...call.body, ...set }, remove)
  const text = splice(withoutForeign(call.text, call.body.input), { set, remove })
  return plainRequestText(text, body, { ...options, params: nativeParams(options.params) })
}

const without = (body: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)))

const sealedReasoning = 'reasoning.encrypted_content'

/** What is included anyway, and the seal. Undefined: as the client has it. */
function includeOf({ include }: JsonObject, model: string): Json[] | undefined {
  const asked = listOf(include ?? [])
  return asked.includes(sealedReasoning) || !sealsReasoning(model) ? undefined : [...asked, sealedReasoning]
}

/** OpenAI keeps texts; tags and objects are the gateway's. Undefined: as it is. */
function ownMetadata({ metadata }: JsonObject): JsonObject | undefined {
  if (!isObject(metadata)) return undefined
  const own = Object.entries(metadata).filter(([name, value]) => name !== 'tags' && typeof value === 'string')
  return own.length === Object.keys(metadata).length ? undefined : Object.fromEntries(own)
}

/** Items whose id only says where they are stored; others cannot be sent without theirs. */
const nameless = new Set(
  `message function_call custom_tool_call reasoning function_call_output shell_call apply_patch_call tool_search_call
   tool_search_output`.split(/\s+/),
)

/**
 * Reasoning that no host of this tongue can open, or that nobody sealed, is left out; summaries that were sealed here are
 * opened; ids are taken away. One walk.
 */
export function withoutForeign(text: string, input: Json | undefined): string {
  const items = listOf(input ?? null).map(objectOf)
  if (!items.some((item) => isForeign(item) || hasId(item) || openedSummary(item) !== undefined)) return text
  const member = membersOf(text, skipSpace(text, 0)).members.findLast(({ key }) => key === 'input')
  if (member === undefined) return text
  const kept = elementsOf(text, member.valueStart).flatMap((start, at) => {
    const item = items[at] ?? {}
    if (isForeign(item)) return []
    const summary = openedSummary(item)
    if (summary !== undefined) return [JSON.stringify({ type: 'message', role: 'user', content: summary })]
    const element = text.slice(start, valueEnd(text, start))
    return [hasId(item) ? splice(element, { remove: ['id'] }) : element]
  })
  return `${text.slice(0, member.valueStart)}[${kept.join(',')}]${text.slice(member.valueEnd)}`
}

const isForeign = (item: JsonObject): boolean =>
  item.type === 'reasoning' && (isOurs(item.encrypted_content) || !item.encrypted_content)
const hasId = (item: JsonObject): boolean => item.id !== undefined && nameless.has(stringOf(item.type) ?? 'message')

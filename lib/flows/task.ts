import type { Call } from '../core/http.ts'
import { isObject, type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../core/json.ts'
import { type ChatCall, sealingDialects } from '../dialects/dialect.ts'
import { cacheTtlOf } from '../dialects/cache-ttl.ts'
import { boundsOf } from '../dialects/openai/bounds.ts'
import { lostSeals, withSeals } from '../dialects/openai/seals.ts'
import { withDefaults } from '../dialects/openai/pass-body.ts'
import { exchange } from '../dialects/exchange.ts'
import type { Caller } from '../steps/authenticate.ts'
import type { Task } from '../steps/task.ts'
import { parametersOf } from '../steps/telemetry-event.ts'

/** A chat completion as a task: any dialect can serve it. */
export const chatTask = (call: Call, caller: Caller, chat: ChatCall): Task =>
  carrying(call, caller, { chat, carried: chat.body })

/** `carried`: its body, with what the client should have kept of earlier answers. */
const carrying = (call: Call, caller: Caller, { chat, carried }: { chat: ChatCall; carried: JsonObject }): Task => ({
  ...common(call, caller, chat.body),
  callType: 'chat',
  conversation: chat.body,
  kind: 'chat',
  clientDialect: 'openai',
  reasonedTools: reasonsWithTools(chat.body),
  offersTools: listOf(chat.body.tools).length > 0 && chat.body.reasoning_effort !== 'none',
  model: chat.model,
  stream: chat.stream,
  boundsWith: (params) => ({
    ...boundsOf(withDefaults(carried, params)),
    cacheMarked: marksCache(chat.text, params),
    cacheTtl: cacheTtlOf(chat.body, params),
  }),
  // To others, and where it passes, it goes as it came.
  bind: (upstream, options) =>
    exchange(
      { client: 'openai', upstream },
      sealingDialects.has(upstream) ? { ...chat, body: carried } : chat,
      options,
    ),
  lostSeals: lostSeals(carried),
  withSeals: (found) => carrying(call, caller, { chat, carried: withSeals(carried, found) }),
})

/** A client that asks for an effort, and brings functions. Models that reason by themselves are data of their rows. */
const reasonsWithTools = (body: JsonObject): boolean =>
  listOf(body.tools).length > 0 && typeof body.reasoning_effort === 'string' && body.reasoning_effort !== 'none'

const marksCache = (text: string, params: Record<string, Json>): boolean =>
  text.includes('cache_control') || JSON.stringify(params).includes('cache_control')

/** What requests of every tongue have in common: who it is for, what it asks of the gateway, its tags. */
export function common(
  call: Call,
  caller: Caller,
  body: JsonObject,
): Pick<Task, 'wishes' | 'reasons' | 'forcesCall' | 'endUser' | 'tags' | 'parameters' | 'regions'> {
  const { headers } = call
  const metadata = objectOf(body.metadata)
  const endUser =
    headers['x-litellm-customer-id'] ??
    headers['x-litellm-end-user-id'] ??
    stringOf(body.user) ??
    stringOf(objectOf(body.litellm_metadata).user) ??
    stringOf(metadata.user_id) ??
    stringOf(body.safety_identifier)
  const parameters = parametersOf(body)
  return {
    wishes: wishesOf(headers, body),
    ...(parameters && { parameters }),
    reasons: asksToReason(body),
    forcesCall: demandsCall(body),
    ...(endUser !== undefined && { endUser }),
    tags: tagsOf(headers, caller, [metadata.tags, body.tags]),
    ...regionsOf(caller, body),
  }
}

/** In any client's words: an effort, a budget, a switch. */
function asksToReason(body: JsonObject): boolean {
  const { thinking, reasoning, output_config: output } = body
  const efforts = [body.reasoning_effort, objectOf(reasoning).effort, objectOf(output).effort]
  if (efforts.some((effort) => typeof effort === 'string' && effort !== 'none')) return true
  return body.enable_thinking === true || (isObject(thinking) && thinking.type !== 'disabled')
}

/** In any client's words: some call, or this one. */
function demandsCall({ tools, tool_choice: choice }: JsonObject): boolean {
  if (listOf(tools).length === 0) return false
  return choice === 'required' || choice === 'any' || (isObject(choice) && forcing.has(stringOf(choice.type) ?? ''))
}

const forcing = new Set(['function', 'custom', 'tool', 'any'])

/** What a request asks of the gateway itself; headers come before the body (LiteLLM's precedence). */
function wishesOf(headers: Record<string, string>, body: JsonObject): Task['wishes'] {
  const number = (header: string | undefined, value: unknown) =>
    header === undefined ? numberOf(value) : Number(header)
  const retries = number(headers['x-litellm-num-retries'], body.num_retries)
  const timeout = number(headers['x-litellm-timeout'], body.timeout)
  const streamTimeout = number(headers['x-litellm-stream-timeout'], body.stream_timeout)
  const positive = (x: number | undefined) => (x !== undefined && Number.isFinite(x) && x >= 0 ? x : undefined)
  const names = listOf(body.fallbacks).flatMap((entry) => stringOf(entry) ?? stringOf(objectOf(entry).model) ?? [])
  const [r, t, s] = [positive(retries), positive(timeout), positive(streamTimeout)]
  return {
    ...(r !== undefined && { retries: Math.min(Math.floor(r), 10) }),
    ...(t !== undefined && { timeoutMs: t * 1000 }),
    ...(s !== undefined && { streamTimeoutMs: s * 1000 }),
    ...(names.length && { fallbacks: names }),
    disableFallbacks: body.disable_fallbacks === true,
  }
}

/** A request may narrow what its key and team are confined to, and cannot widen it. */
function regionsOf({ key, team }: Caller, body: JsonObject): Pick<Task, 'regions'> {
  const own = [key, team].map((record) => record?.metadata.allowed_model_region ?? record?.other.allowed_model_region)
  const regions = [...own, body.allowed_model_region].flatMap((region) => stringOf(region)?.toLowerCase() ?? [])
  return regions.length ? { regions: [...new Set(regions)] } : {}
}

function tagsOf(headers: Record<string, string>, caller: Caller, lists: unknown[]): string[] {
  const named = (headers['x-litellm-tags'] ?? '').split(',').map((tag) => tag.trim())
  const own = [caller.key, caller.team].map((record) => record?.metadata.tags)
  return [
    ...new Set([...named, ...[...lists, ...own].flatMap((l) => listOf(l).flatMap((t) => stringOf(t) ?? []))]),
  ].filter(Boolean)
}

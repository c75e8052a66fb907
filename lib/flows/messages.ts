import type { Call, Reply } from '../core/http.ts'
import type { Json } from '../core/json.ts'
import { boundsOf } from '../dialects/anthropic/bounds.ts'
import { parseMessagesCall } from '../dialects/anthropic/call.ts'
import { asksProviderToFallBack } from '../dialects/anthropic/fallbacks.ts'
import { cacheTtlOf } from '../dialects/cache-ttl.ts'
import { keepsSeals, lostSeals, withSeals } from '../dialects/anthropic/client-seals.ts'
import type { ChatCall } from '../dialects/dialect.ts'
import { exchange } from '../dialects/exchange.ts'
import { withDefaults } from '../dialects/openai/pass-body.ts'
import type { Config } from '../core/config.ts'
import type { Caller } from '../steps/authenticate.ts'
import type { Task } from '../steps/task.ts'
import { groupOf, resolveAlias } from '../steps/models.ts'
import { bodyText } from './body-text.ts'
import { complete, type Machine } from './completion.ts'
import { common } from './task.ts'

/** Anthropic's messages API, in front of any provider. */
export async function messages(machine: Machine, call: Call, caller: Caller): Promise<Reply> {
  const read = parseMessagesCall(bodyText(call), call.headers)
  const model = servedName(machine.config, caller, read.model)
  return complete(machine, call, caller, messagesTask(call, caller, { ...read, model }))
}

/** A message as a task: any dialect can serve it. */
const messagesTask = (call: Call, caller: Caller, chat: ChatCall): Task =>
  carrying(call, caller, { chat, carried: chat })

/** `carried`: the request, with what the client should have kept of earlier answers. */
const carrying = (call: Call, caller: Caller, { chat, carried }: { chat: ChatCall; carried: ChatCall }): Task => ({
  ...commonOf(call, caller, chat),
  callType: 'chat',
  conversation: chat.body,
  kind: 'chat',
  clientDialect: 'anthropic',
  reasonedTools: reasonsWithTools(chat),
  offersTools: Array.isArray(chat.body.tools) && chat.body.tools.length > 0,
  model: chat.model,
  stream: chat.stream,
  boundsWith: (params) => ({
    ...boundsOf(withDefaults(carried.body, params)),
    // Another model answers then, at its own price.
    ...(asksProviderToFallBack(chat) && { unbounded: 'fallbacks' }),
    cacheMarked: marksCache(chat.text, params),
    cacheTtl: cacheTtlOf(chat.body, params),
  }),
  bind: (upstream, options) => exchange({ client: 'anthropic', upstream }, carried, options),
  keepsSeals: keepsSeals(chat.body),
  lostSeals: lostSeals(carried.body),
  withSeals: (found) => carrying(call, caller, { chat, carried: withSeals(carried, found) }),
})

/** What the provider is asked to fall back to is not asked of the gateway. */
const commonOf = (call: Call, caller: Caller, chat: ChatCall): ReturnType<typeof common> =>
  common(call, caller, asksProviderToFallBack(chat) ? { ...chat.body, fallbacks: null } : chat.body)

/** Claude Code asks for a long context by a suffix of the model's name; a model of that very name comes first. */
export function servedName(config: Config, caller: Caller, name: string): string {
  const plain = name.replace(/\[1m\]$/i, '')
  const known = (one: string) => groupOf(config, resolveAlias(config, caller, one)) !== undefined
  return plain !== name && !known(name) && known(plain) ? plain : name
}

/** A client that asks for reasoning, and brings functions. */
function reasonsWithTools({ body }: ChatCall): boolean {
  const tools = Array.isArray(body.tools) && body.tools.length > 0
  const { thinking, output_config: output } = body
  const off = typeof thinking === 'object' && thinking !== null && 'type' in thinking && thinking.type === 'disabled'
  return (
    tools && !off && (thinking !== undefined || (typeof output === 'object' && output !== null && 'effort' in output))
  )
}

const marksCache = (text: string, params: Record<string, Json>): boolean =>
  text.includes('cache_control') || JSON.stringify(params).includes('cache_control')

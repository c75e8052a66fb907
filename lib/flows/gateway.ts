import type { Config } from '../core/config.ts'
import { GatewayError } from '../core/errors.ts'
import { type Call, type Flow, jsonReply, type Reply, sendable } from '../core/http.ts'
import type { GatewayPorts } from '../core/ports.ts'
import { reasonFor } from '../core/reason.ts'
import { requestLine } from '../core/request-line.ts'
import { parseChatCall } from '../dialects/openai/call.ts'
import { secretValue } from '../config/secrets.ts'
import { providerOf } from '../providers/rows.ts'
import { authenticate, type Caller } from '../steps/authenticate.ts'
import { visibleModels } from '../steps/models.ts'
import { recordCache } from '../steps/record-cache.ts'
import { noteCaller } from '../steps/request-facts.ts'
import { routing } from '../steps/routing.ts'
import { bodyText } from './body-text.ts'
import { complete, type Machine } from './completion.ts'
import { corsHeaders, preflight } from './cors.ts'
import { endpointRoutes, passRoutes } from './endpoints-routes.ts'
import { thrownReply } from './headers.ts'
import { inShapeOfPath } from './error-shape.ts'
import { messagesRoutes, speaksMessages } from './messages-routes.ts'
import { decoded, prefixOf } from './path.ts'
import { logged } from './request-log.ts'
import { refuseWebSocket, responsesRoutes } from './responses-routes.ts'
import type { Route } from './route.ts'
import { chatTask } from './task.ts'

/** Every paid or listing path: OpenAI's under /v1 and bare, Azure's by deployment, LiteLLM's by engine. */
const routes: Route[] = [
  { method: 'POST', path: /^(?:\/openai)?(?:\/v1)?\/chat\/completions$/, handle: chat },
  { method: 'POST', path: /^(?:\/openai\/deployments|\/engines)\/([^/]+)\/chat\/completions$/, handle: chat },
  ...endpointRoutes,
  ...messagesRoutes,
  ...responsesRoutes,
  { method: 'GET', path: /^(?:\/openai|\/anthropic)?(?:\/v1)?\/models$/, handle: models },
  { method: 'GET', path: /^(?:\/openai|\/anthropic)?(?:\/v1)?\/models\/(.+)$/, handle: model },
  ...passRoutes,
]

/** The data plane: `Call -> Reply`, for every door. Nothing in it can change a key. */
export function gatewayFlow(config: Config, ports: GatewayPorts): Flow {
  const cache = recordCache(ports.records, ports.clock.now)
  const machine: Omit<Machine, 'line'> = {
    config,
    ports,
    cache,
    routing: routing(config, ports),
    unspoken: new Set(),
    copies: { running: 0 },
  }
  return async (call) => {
    const cors = corsHeaders(config, call)
    const line = requestLine(call)
    if (call.method === 'OPTIONS') return logged(ports, { call, line }, preflight(call, cors))
    const reply = await answer({ ...machine, line }, call).catch((error: unknown) =>
      thrownReply(ports.log, line, error),
    )
    // A reply that cannot be put into another shape has money to settle all the same.
    const shaped = await inShapeOfPath(reply, call).catch((error: unknown) => {
      ports.log('error', 'an error could not be told in the shape of its path', { error: reasonFor(error) })
      return reply
    })
    return logged(
      ports,
      { call, line },
      { ...shaped, headers: sendable({ ...idHeaders(call), ...shaped.headers, ...cors }) },
    )
  }
}

/** The request's id, under the name by which the caller's SDK looks for it, too. */
const idHeaders = (call: Call): Record<string, string> => ({
  'x-request-id': call.requestId,
  ...(speaksMessages(call) && { 'request-id': call.requestId }),
})

async function answer(machine: Machine, call: Call): Promise<Reply> {
  const health = await healthReply(machine, call)
  if (health) return health
  const path = call.path.length > 1 ? call.path.replace(/\/$/, '') : call.path
  const matching = routes.filter((route) => route.path.test(path))
  machine.line.requests = 1
  refuseWebSocket(call)
  const route = matching.find((r) => r.method === call.method || (call.method === 'HEAD' && r.method === 'GET'))
  if (!route) throw notServed(call, [...new Set(matching.map((r) => r.method))])
  const { config, ports, cache } = machine
  if (call.body.length > config.maxRequestBytes) throw tooLarge(call.body.length, config.maxRequestBytes)
  const masterKey = config.masterKey && (await secretValue(config.masterKey, (name) => ports.secrets.get(name)))
  // Beside the reading of the key: an environment that was idle knows by then what the others have learned.
  machine.routing.look()
  const caller = await authenticate(route.keyInQuery ? withKeyOfQuery(call) : call, {
    records: cache,
    masterKey,
    keyHeaderName: config.keyHeaderName,
    now: ports.clock.now(),
  })
  noteCaller(machine.line, caller)
  // Counted from here on: what somebody without a key sends is no measure of how well calls are answered.
  machine.line.faults = 0
  const name = route.path.exec(path)?.[1]
  if (name !== undefined) return route.handle(machine, call, caller, decoded(name))
  const own = !route.keyInQuery && providerOf(prefixOf(call.path).provider)
  const asked = own ? (await import('./own-names.ts')).inNamesOfConfig(machine.config, caller, call) : call
  return route.handle(machine, asked, caller, undefined)
}

const withKeyOfQuery = (call: Call): Call =>
  call.query.key ? { ...call, headers: { 'x-goog-api-key': call.query.key, ...call.headers } } : call

const notServed = (call: Call, methods: string[]) =>
  methods.length
    ? new GatewayError('method_not_allowed', {
        message: `${call.path} takes ${methods.join(', ')}, not ${call.method}.`,
        headers: { allow: methods.join(', ') },
      })
    : new GatewayError('not_found', {
        message: `There is no ${call.method} ${call.path}. Completions are at POST /v1/chat/completions, models at GET /v1/models.`,
      })

/** Shared with doors that refuse before reading everything. */
export const tooLarge = (size: number, most: number) =>
  new GatewayError('too_large', {
    message: `The request has ${size} bytes, the limit is ${most} (max_request_size_mb). Send images by URL, or shorten the prompt.`,
  })

async function chat(machine: Machine, call: Call, caller: Caller, model: string | undefined): Promise<Reply> {
  return complete(machine, call, caller, chatTask(call, caller, parseChatCall(bodyText(call, model))))
}

/** LiteLLM gives this constant as every model's `created`; SDKs want a number. */
const created = 1_677_610_602
const entry = (id: string) => ({ id, object: 'model', created, owned_by: 'openai' })

async function models({ config }: Machine, call: Call, caller: Caller): Promise<Reply> {
  if (speaksMessages(call)) return (await import('./messages-models.ts')).listModels({ config, call, caller })
  return jsonReply(200, { object: 'list', data: visibleModels(config, caller).map(entry) })
}

async function model({ config }: Machine, call: Call, caller: Caller, name = ''): Promise<Reply> {
  if (!visibleModels(config, caller).includes(name))
    throw new GatewayError('not_found', {
      message: `The model '${name}' does not exist or is not allowed to this key.`,
      param: 'model',
      publicCode: 'model_not_found',
    })
  if (speaksMessages(call)) return (await import('./messages-models.ts')).showModel(config, name)
  return jsonReply(200, entry(name))
}

/** Liveness says that the process answers; readiness that it can read keys. Open, as LiteLLM has them. */
async function healthReply({ ports }: Machine, call: Call): Promise<Reply | undefined> {
  if (call.method !== 'GET' && call.method !== 'HEAD') return undefined
  if (call.path === '/health/liveliness' || call.path === '/health/liveness') return jsonReply(200, "I'm alive!")
  if (call.path !== '/health/readiness' && call.path !== '/health') return undefined
  try {
    await ports.records.scope('global', '-')
    return jsonReply(200, { status: 'healthy', db: 'connected', cache: null })
  } catch (error) {
    ports.log('warn', 'not ready: the key store does not answer', { error: reasonFor(error) })
    return jsonReply(503, { status: 'unhealthy', db: 'Not connected', cache: null })
  }
}

import { GatewayError } from '../core/errors.ts'
import { type Call, isStream, type Reply } from '../core/http.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf, tryParse } from '../core/json.ts'
import type { Random } from '../core/ports.ts'
import { cacheTtlOf } from '../dialects/cache-ttl.ts'
import type { ChatCall } from '../dialects/dialect.ts'
import { exchange } from '../dialects/exchange.ts'
import { withDefaults } from '../dialects/openai/pass-body.ts'
import { hostedName, responsesBounds } from '../dialects/responses/bounds.ts'
import { parseResponsesCall } from '../dialects/responses/call.ts'
import { keepsSeals, lostSeals, withSeals } from '../dialects/responses/client-seals.ts'
import type { Caller } from '../steps/authenticate.ts'
import { isHard, scopesOf } from '../steps/job.ts'
import type { Task } from '../steps/task.ts'
import { splice } from '../wire/json-splice.ts'
import { bodyText } from './body-text.ts'
import { complete, type Machine } from './completion.ts'
import { holderOf, keep, type Keeping, turnsOf, type Whole, wholeRequest } from './responses-turns.ts'
import { common } from './task.ts'

/**
 * OpenAI's responses API, in front of any provider. Its state is the gateway's: ids are drawn here, turns are kept here, and
 * no provider is asked to remember anything, so that the next turn may be answered by another.
 */
export async function responses(machine: Machine, call: Call, caller: Caller): Promise<Reply> {
  const asked = storing(machine, parseResponsesCall(bodyText(call)))
  const { read, dropped } = bounded(machine, caller, asked)
  const whole = await wholeRequest(machine, caller, read)
  const id = newId(machine.ports.random)
  const reply = await complete(machine, call, caller, responsesTask(call, caller, { whole, id, dropped }))
  const turns = turnsOf(machine)
  if (reply.error || reply.status !== 200 || !turns || read.body.store === false) return reply
  const turn = {
    id: `resp_${id}`,
    createdAt: machine.ports.clock.now(),
    ...holderOf(caller),
    before: whole.before,
    input: whole.own,
  }
  return kept(reply, { turns, turn, log: machine.ports.log, requestId: call.requestId })
}

/** `store` as it will be: true where nobody says otherwise, as the API has it. Asked for in vain, it is refused. */
function storing(machine: Machine, read: ChatCall): ChatCall {
  if (turnsOf(machine)) return read
  if (read.body.store === true)
    throw new GatewayError('unsupported_parameter', {
      param: 'store',
      message:
        "'store' is true, and this gateway keeps no responses (general_settings.store_responses): send store: false.",
    })
  return { ...read, body: { ...read.body, store: false }, text: splice(read.text, { set: { store: false } }) }
}

/**
 * Under a hard budget, without the tools that the provider runs and bills without bound: agents offer them with every
 * request, whether the model needs them or not. Told to the client like any dropped parameter.
 */
function bounded({ config }: Machine, caller: Caller, read: ChatCall): { read: ChatCall; dropped: string[] } {
  const all = listOf(read.body.tools ?? [])
  const hosted = all.flatMap((tool) => hostedName(tool) ?? [])
  if (hosted.length === 0 || !isHard(scopesOf(caller, config.trackEveryAttempt))) return { read, dropped: [] }
  const { tool_choice: choice } = read.body
  // A choice that forces one of them is no offer: it is refused by the name of the tool, with the budget's reason.
  if (isObject(choice) && hosted.includes(stringOf(choice.type) ?? '')) return { read, dropped: [] }
  const tools = all.filter((tool) => hostedName(tool) === undefined)
  const body: JsonObject = { ...read.body, tools }
  return {
    read: { ...read, body, text: splice(read.text, { set: { tools } }) },
    dropped: hosted.map((name) => `tools.${name}`),
  }
}

/** 32 hex digits: ids of the response and of its items are made of them. */
export const newId = (random: Random): string =>
  Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')

type Made = { whole: Whole; id: string; dropped: readonly string[] }

/** A response as a task: any dialect can serve it. */
export const responsesTask = (call: Call, caller: Caller, made: Made): Task =>
  carrying(call, caller, { ...made, carried: made.whole.read })

/** `carried`: the request, with what the client should have kept of earlier answers. */
const carrying = (call: Call, caller: Caller, made: Made & { carried: ChatCall }): Task => {
  const { whole, id, dropped, carried } = made
  return {
    ...common(call, caller, whole.read.body),
    callType: 'chat',
    conversation: whole.read.body,
    kind: 'chat',
    clientDialect: 'responses',
    reasonedTools: reasonsWithTools(whole.read.body),
    model: whole.read.model,
    stream: whole.read.stream,
    boundsWith: (params) => ({
      ...responsesBounds(withDefaults(carried.body, params), whole.earlier),
      cacheMarked: marksCache(params),
      cacheTtl: cacheTtlOf(whole.read.body, params),
    }),
    async bind(upstream, options) {
      const bound = await exchange({ client: 'responses', upstream }, carried, { ...options, requestId: id })
      return { ...bound, dropped: [...bound.dropped, ...dropped] }
    },
    keepsSeals: keepsSeals(whole.read.body),
    lostSeals: lostSeals(carried.body),
    withSeals: (found) => carrying(call, caller, { ...made, carried: withSeals(carried, found) }),
  }
}

const reasonsWithTools = ({ tools, reasoning }: JsonObject): boolean => {
  const { effort } = objectOf(reasoning)
  return listOf(tools ?? []).length > 0 && typeof effort === 'string' && effort !== 'none'
}

/** This API has no marks for a cache; a deployment's defaults may. */
const marksCache = (params: Record<string, Json>): boolean => JSON.stringify(params).includes('cache_control')

/** The reply, kept before its end is told: whoever has read the end can go on from it. Nothing before the end waits. */
async function kept(reply: Reply, keeping: Keeping): Promise<Reply> {
  if (isStream(reply.body)) return { ...reply, body: keptStream(reply.body, keeping) }
  const text = typeof reply.body === 'string' ? reply.body : Buffer.from(reply.body).toString()
  const stored = await keep(keeping, objectOf(tryParse(text)))
  return stored ? reply : { ...reply, body: splice(text, { set: { store: false } }) }
}

/** The event that ends an answer leaves in a piece of its own (`StreamStep.tail`). */
const terminal = /^event: response\.(?:completed|incomplete)\ndata: (?=\{)/

async function* keptStream(body: AsyncIterable<Uint8Array>, keeping: Keeping): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    const head = terminal.exec(Buffer.from(piece.subarray(0, 64)).toString('latin1'))?.[0]
    if (head === undefined) yield piece
    else yield await keptEnd(piece, head, keeping)
  }
}

async function keptEnd(piece: Uint8Array, head: string, keeping: Keeping): Promise<Uint8Array> {
  const data = Buffer.from(piece).toString().slice(head.length).trimEnd()
  const stored = await keep(keeping, objectOf(objectOf(tryParse(data)).response))
  return stored ? piece : Buffer.from(`${head}${splice(data, { set: { store: false } }, ['response'])}\n\n`)
}

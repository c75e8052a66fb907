import { listOf, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import type { Config } from '../../lib/core/config.ts'
import type { Deployment } from '../../lib/core/deployment.ts'
import { defaultRouting } from '../../lib/core/routing.ts'
import { config, deployment } from './configuration.ts'
import { type Answer, dollars, type Machine, startMachine } from './machine.ts'
import { type ScriptedUpstream, startUpstream } from './upstream.ts'

/** Clients whose tongues a fault must be told in; the tests run for each. */
export const clients = {
  chat: { path: '/v1/chat/completions', body: {} },
  messages: { path: '/v1/messages', body: { max_tokens: 1000 } },
} as const
export type Client = keyof typeof clients

const price = { input: 1_000_000, output: 1_000_000, source: 'test' }
const nanoDollarsPerToken = 1000

/** A group per entry: its deployments, each by its script; `claude:` speaks to the provider in that tongue. */
export type Groups = Record<string, (string | Partial<Deployment>)[]>

function deploymentOf(url: string, group: string, entry: string | Partial<Deployment>, at: number): Deployment {
  const over = typeof entry === 'string' ? { model: entry } : entry
  const claude = over.model?.startsWith('claude:') === true
  return deployment({
    group,
    id: `${group}#${at}`,
    price,
    maxOutputTokens: 4000,
    apiBase: { value: claude ? url : `${url}/v1` },
    ...(claude && { provider: 'anthropic' }),
    ...over,
    model: over.model?.replace('claude:', '') ?? 'ok',
  })
}

/** A gateway in front of a broken provider, with short patience, and a key with a hard budget. */
export async function startFaults(groups: Groups, over: Partial<Config> = {}) {
  const upstream = await startUpstream()
  const deployments = Object.entries(groups).flatMap(([group, entries]) =>
    entries.map((entry, at) => deploymentOf(upstream.url, group, entry, at)),
  )
  const machine = await startMachine(
    config({
      deployments,
      routing: { ...defaultRouting, disableCooldowns: true },
      streamTimeoutMs: 400,
      timeoutMs: 1500,
      idleTimeoutMs: 300,
      totalTimeoutMs: 8000,
      retries: 2,
      ...over,
    }),
  )
  let key = await machine.makeKey({ limit: dollars(1000) })
  const ask = (
    client: Client,
    model: string,
    more: Record<string, unknown> = {},
    headers: Record<string, string> = {},
    left?: AbortSignal,
  ) =>
    machine.call({
      path: clients[client].path,
      key: key.plain,
      headers,
      ...(left && { left }),
      json: { ...clients[client].body, model, messages: [{ role: 'user', content: 'Hello' }], ...more },
    } as never)
  return {
    upstream,
    machine,
    ask,
    /** Another key, an upstream without memory. */
    async clear() {
      machine.published.length = 0
      upstream.forget()
      key = await machine.makeKey({ limit: dollars(1000) })
    },
    books: () => booksOf(machine, upstream, key.record.id),
    async stop() {
      await machine.stop()
      await upstream.stop()
    },
  }
}

export type Faults = Awaited<ReturnType<typeof startFaults>>

/**
 * What must agree after any request: attempts that may be billed and their ledger entries, one to one; holds of nobody else;
 * no note left; and no entry below what the provider counts for it.
 */
async function booksOf(machine: Machine, upstream: ScriptedUpstream, keyId: string) {
  const [window] = await machine.budgets.windows('key', keyId)
  const held = Object.keys(window?.item.holds ?? {})
  const events = machine.spends()
  const known = new Set(events.map(({ id }) => id))
  const billable = upstream.seen.filter((request) => request.billable)
  const sum = (of: number[]) => of.reduce((a, b) => a + b, 0)
  const charged = sum(events.map(({ cost }) => cost))
  const owed = sum(billable.map((one) => (one.promptTokens + one.completionTokens) * nanoDollarsPerToken))
  return {
    entries: known.size,
    events: events.length,
    billable: billable.length,
    strayHolds: held.filter((id) => !known.has(id)),
    notes: machine.notes.leftovers().length,
    short: Math.max(owed - charged, 0),
  }
}

/** Books that agree, for `billable` attempts. */
export const exact = (billable: number) => ({
  entries: billable,
  events: billable,
  billable,
  strayHolds: [],
  notes: 0,
  short: 0,
})

export type Told = { text: string; finish: string | undefined; ended: boolean; error: boolean; calls: string[] }

/** What a client makes of an answer, whole or streamed, in either tongue. */
export function toldBy(client: Client, answer: Answer): Told {
  const stream = answer.headers['content-type']?.startsWith('text/event-stream') === true
  const blocks = answer.text.split('\n\n').map((block) => /^data: (.*)$/m.exec(block)?.[1] ?? '')
  const events = (stream ? blocks : [answer.text]).map((text) => objectOf(tryParse(text)))
  const told: Told = { text: '', finish: undefined, ended: !stream && answer.status === 200, error: false, calls: [] }
  for (const event of events) (client === 'chat' ? readChat : readMessages)(told, event)
  if (client === 'chat' && stream) told.ended = blocks.includes('[DONE]')
  return told
}

function readChat(told: Told, event: ReturnType<typeof objectOf>): void {
  if (event.error !== undefined) told.error = true
  const choice = objectOf(listOf(event.choices)[0])
  const delta = objectOf(choice.delta ?? choice.message)
  told.text += stringOf(delta.content) ?? ''
  told.finish = stringOf(choice.finish_reason) ?? told.finish
  for (const call of listOf(delta.tool_calls))
    told.calls.push(stringOf(objectOf(objectOf(call).function).arguments) ?? '')
}

function readMessages(told: Told, event: ReturnType<typeof objectOf>): void {
  if (event.type === 'error') told.error = true
  if (event.type === 'message_stop') told.ended = true
  const delta = objectOf(event.delta)
  told.text += stringOf(delta.text) ?? ''
  told.finish = stringOf(delta.stop_reason) ?? stringOf(event.stop_reason) ?? told.finish
  if (typeof delta.partial_json === 'string') told.calls.push(delta.partial_json)
  for (const block of listOf(event.content)) told.text += stringOf(objectOf(block).text) ?? ''
}

import { randomBytes } from 'node:crypto'
import { budgetStore } from '../../lib/aws/budgets.ts'
import { recordStore } from '../../lib/aws/directory.ts'
import type { Dynamo } from '../../lib/aws/dynamo.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import type { Config } from '../../lib/core/config.ts'
import type { Deployment } from '../../lib/core/deployment.ts'
import type { Flow } from '../../lib/core/http.ts'
import type { BusEvent } from '../../lib/core/spend-event.ts'
import { type AdminPorts, adminFlow } from '../../lib/flows/admin.ts'
import { config, deployment as anyDeployment } from './configuration.ts'
import { freshStore } from './store.ts'

export const masterKey = 'sk-master-of-the-tests'

export const deployment = (over: Partial<Deployment> = {}): Deployment =>
  anyDeployment({
    id: 'one',
    group: 'fast',
    model: 'gpt-4o-mini',
    headers: { 'x-secret-header': 'hidden' },
    ...over,
  })

export const adminConfig = (over: Partial<Config> = {}): Config => config({ deployments: [deployment()], ...over })

export type Answer = { status: number; headers: Record<string, string>; body: Answered }

/** Members of replies that tests look into. A reply is text as well, so that any of them prints. */
type Member =
  | ('error' | 'detail' | 'type' | 'message' | 'param' | 'code')
  | (
      | 'key'
      | 'token'
      | 'info'
      | 'keys'
      | 'key_name'
      | 'key_alias'
      | 'expires'
      | 'created_at'
      | 'deleted_keys'
      | 'aliases'
    )
  | ('spend' | 'max_budget' | 'soft_budget' | 'budget_duration' | 'budget_reset_at' | 'purser' | 'id' | 'not_enforced')
  | ('total_count' | 'user_id' | 'team_id' | 'team_info' | 'user_info' | 'users' | 'data' | 'window')
export type Answered = string & { [Name in Member]: Answered }

export type Ask = {
  key?: string | null
  headers?: Record<string, string>
  raw?: string
  query?: Record<string, string>
}

/** Calls a flow as a door would. `key: null` sends none. */
export async function ask(flow: Flow, line: string, body?: unknown, more: Ask = {}): Promise<Answer> {
  const [method = 'GET', target = '/'] = line.split(' ')
  const url = new URL(target, 'http://gateway.test')
  const text = more.raw ?? (body === undefined ? '' : JSON.stringify(body))
  const key = more.key === undefined ? masterKey : more.key
  const reply = await flow({
    method,
    path: url.pathname,
    query: { ...Object.fromEntries(url.searchParams), ...more.query },
    headers: { ...(key !== null && { authorization: `Bearer ${key}` }), ...more.headers },
    body: new TextEncoder().encode(text),
    requestId: 'request-1',
    receivedAt: Date.now(),
  })
  if (typeof reply.body !== 'string') throw new Error('management replies are text')
  return { status: reply.status, headers: reply.headers, body: JSON.parse(reply.body) as Answered }
}

/** The management API on a real store, with a clock that can be set and a bus that keeps what it hears. */
export async function startAdmin(config: Partial<Config> = {}, over: Partial<AdminPorts> = {}) {
  const store = await freshStore()
  const dynamo: Dynamo = sdkDynamo(store.client)
  const published: BusEvent[] = []
  const logged: string[] = []
  const time = { now: Date.UTC(2026, 10, 21, 12), ticks: true }
  const ports: AdminPorts = {
    directory: recordStore(dynamo, store.table),
    budgets: budgetStore(dynamo, store.table),
    ledger: ledgerStore(dynamo, store.table),
    bus: { publish: async (events) => void published.push(...events) },
    clock: { now: () => (time.ticks ? time.now++ : time.now), sleep: () => Promise.resolve() },
    random: Math.random,
    randomBytes,
    log: (level, message, fields) => void logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
    masterKey: async () => masterKey,
    ...over,
  }
  const flow = adminFlow(adminConfig(config), ports)
  return {
    dynamo,
    table: store.table,
    endpoint: store.endpoint,
    ports,
    published,
    logged,
    time,
    flow,
    call: (line: string, body?: unknown, more?: Ask) => ask(flow, line, body, more),
    /** The same machine under another configuration. */
    under: (other: Partial<Config>) => {
      const flow = adminFlow(adminConfig(other), ports)
      return (line: string, body?: unknown, more?: Ask) => ask(flow, line, body, more)
    },
    stop: store.stop,
  }
}

export type Admin = Awaited<ReturnType<typeof startAdmin>>

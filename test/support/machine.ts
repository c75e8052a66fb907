import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { budgetStore } from '../../lib/aws/budgets.ts'
import { recordStore } from '../../lib/aws/directory.ts'
import { fileNotes } from '../../lib/aws/notes.ts'
import { sealStore } from '../../lib/aws/seals.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { turnStore } from '../../lib/aws/turns.ts'
import { systemClock } from '../../lib/core/clock.ts'
import type { Config } from '../../lib/core/config.ts'
import { isStream, type Call, type Flow } from '../../lib/core/http.ts'
import { fromDollars, type NanoDollars } from '../../lib/core/money.ts'
import type { GatewayPorts } from '../../lib/core/ports.ts'
import type { KeyRecord } from '../../lib/core/records.ts'
import type { BusEvent, SpendEvent } from '../../lib/core/spend-event.ts'
import { gatewayFlow } from '../../lib/flows/gateway.ts'
import { undiciUpstream } from '../../lib/net/upstream.ts'
import { hashKey } from '../../lib/steps/key-hash.ts'
import { awakeClock } from './awake-clock.ts'
import { freshStore } from './store.ts'

/** The data plane in this process, on a real store and a real socket to the upstream; events are kept in a list. */
export async function startMachine(config: Config, over: Partial<GatewayPorts> = {}) {
  const store = await freshStore()
  const dynamo = sdkDynamo(store.client)
  const directory = recordStore(dynamo, store.table)
  const budgets = budgetStore(dynamo, store.table)
  const notesDir = mkdtempSync(join(tmpdir(), 'purser-notes-'))
  const published: BusEvent[] = []
  const logged: string[] = []
  const ports: GatewayPorts = {
    clock: awakeClock,
    random: Math.random,
    upstream: undiciUpstream(),
    records: directory,
    budgets,
    bus: { publish: async (events) => void published.push(...events) },
    secrets: { get: async () => 'sk-upstream' },
    sign: async () => ({}),
    notes: fileNotes(notesDir),
    turns: turnStore({ dynamo, table: store.table, now: () => systemClock.now() }),
    seals: sealStore({ dynamo, table: store.table, now: () => systemClock.now() }),
    log: (level, message, fields) => void logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
    publishBeforeEnd: true,
    ...over,
  }
  const flow = gatewayFlow(config, ports)
  return {
    ...ports,
    directory,
    published,
    logged,
    notesDir,
    spends: () => published.flatMap((e): SpendEvent[] => (e.type === 'spend.v1' ? [e.detail] : [])),
    call: (call: Partial<Call> & { path: string }) => callFlow(flow, { receivedAt: ports.clock.now(), ...call }),
    flow,
    makeKey: (over: Partial<KeyRecord> & { limit?: NanoDollars; soft?: NanoDollars } = {}) => makeKey(directory, over),
    async stop() {
      await store.stop()
      rmSync(notesDir, { recursive: true, force: true })
    },
  }
}

export type Machine = Awaited<ReturnType<typeof startMachine>>

async function makeKey(
  directory: ReturnType<typeof recordStore>,
  { limit, soft, ...over }: Partial<KeyRecord> & { limit?: NanoDollars; soft?: NanoDollars },
) {
  const plain = `sk-${randomBytes(12).toString('hex')}`
  const record: KeyRecord = {
    kind: 'key',
    id: randomBytes(6).toString('hex'),
    hash: hashKey(plain),
    name: `sk-...${plain.slice(-4)}`,
    models: [],
    aliases: {},
    metadata: {},
    createdAt: 1,
    updatedAt: 1,
    other: {},
    terms: {
      v: 1,
      anchor: 0,
      blocked: false,
      duration: '1mo',
      ...(limit !== undefined && { limit }),
      ...(soft !== undefined && { soft }),
    },
    ...over,
  }
  await directory.create(record)
  return { plain, record }
}

export type Answer = {
  status: number
  headers: Record<string, string>
  text: string
  json: () => Record<string, never> & { error?: { message: string; type: string; code: string; param: string | null } }
}

/** Calls a flow as a door would: reads the body to its end, then lets it settle. */
export async function callFlow(
  flow: Flow,
  over: Partial<Call> & { path: string; key?: string; json?: unknown },
): Promise<Answer> {
  const { key, json, ...call } = over
  const reply = await flow({
    method: 'POST',
    query: {},
    requestId: randomBytes(6).toString('hex'),
    receivedAt: Date.now(),
    ...call,
    headers: { ...(key && { authorization: `Bearer ${key}` }), ...call.headers },
    body: call.body ?? Buffer.from(json === undefined ? '' : JSON.stringify(json)),
  })
  let text = ''
  if (isStream(reply.body)) for await (const chunk of reply.body) text += Buffer.from(chunk).toString()
  else text = Buffer.from(reply.body as string).toString()
  await reply.done?.()
  return {
    status: reply.status,
    headers: reply.headers,
    text,
    json: () => JSON.parse(text) as ReturnType<Answer['json']>,
  }
}

export const dollars = fromDollars

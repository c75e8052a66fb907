import { systemClock } from '../../lib/core/clock.ts'
import { budgetStore } from '../../lib/aws/budgets.ts'
import type { Dynamo } from '../../lib/aws/dynamo.ts'
import { signedDynamo } from '../../lib/aws/signed.ts'
import { type BudgetScope, held, type WindowItem } from '../../lib/core/budget.ts'
import type { Price } from '../../lib/core/money.ts'
import type { ScopeKind } from '../../lib/core/records.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { windowOf } from '../../lib/core/windows.ts'
import type { Admission, AdmitPorts, AdmitRequest } from '../../lib/steps/admission.ts'
import { freshStore } from './store.ts'

/** One nano-dollar a token, in and out: costs can be read off the token counts. */
export const price: Price = { input: 1000, output: 1000, source: 'test' }

/** A scope with a hard limit; another test's window is another id. */
export const scope = (
  id: string,
  limit: number,
  more: { v?: number; kind?: ScopeKind; duration?: string } = {},
): BudgetScope => ({
  kind: more.kind ?? 'key',
  id,
  label: `label of ${id}`,
  terms: {
    v: more.v ?? 1,
    limit,
    anchor: 0,
    blocked: false,
    ...(more.duration !== undefined && { duration: more.duration }),
  },
})

/** Ten tokens of prompt and a cap of ninety named by the client: a worst case of 100, unless said otherwise. */
export const request = (scopes: readonly BudgetScope[], more: Partial<AdmitRequest> = {}): AdmitRequest => ({
  scopes,
  bounds: { inputTokens: 10, choices: 1 },
  price,
  model: 'some-model',
  cap: 90,
  capGiven: true,
  floorTokens: 16,
  waitMs: 0,
  expiresAt: Date.now() + 20 * 60_000,
  deadline: Date.now() + 60_000,
  timeZone: 'UTC',
  refresh: () => Promise.reject(new Error('not to be refreshed')),
  ...more,
})

export const keyOf = (of: BudgetScope) => windowOf(of, Date.now(), 'UTC').key

/** What an attempt's spend event says to whoever settles. */
export const eventOf = (admission: Admission, cost: number): SpendEvent =>
  ({ id: admission.id, holds: admission.holds, cost }) as SpendEvent

/** `available + spent + held + unsettled - limit`: zero while the books are right. */
export const imbalance = (item: WindowItem): number =>
  item.available + item.spent + held(item) + item.unsettled - item.limit

const credentials = async () => ({ accessKeyId: 'local', secretAccessKey: 'local' })

/** A real engine, and gateways on it. */
export async function openMoney() {
  const store = await freshStore()
  // The machine is shared: an engine that is merely slow must not look like one that is gone.
  const dynamo = signedDynamo({ endpoint: store.endpoint, region: 'us-east-1', credentials, timeoutMs: 20_000 })
  /** A gateway of its own, over a transport that may be made worse. */
  const gateway = (worse: (real: Dynamo) => Dynamo = (real) => real): AdmitPorts => ({
    budgets: budgetStore(worse(dynamo), store.table),
    clock: systemClock,
    random: Math.random,
  })
  const ports = gateway()
  const read = async (of: BudgetScope): Promise<WindowItem> => {
    const item = await ports.budgets.read(keyOf(of))
    if (!item) throw new Error(`no window of ${of.id}`)
    return item
  }
  return { ports, gateway, read, dynamo, table: store.table, stop: store.stop }
}

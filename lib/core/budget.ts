import type { NanoDollars } from './money.ts'
import type { BudgetTerms, ScopeKind } from './records.ts'

/** Key of a window item: the scope's partition, and the window it is (`1mo#2026-11`). A reset is a new key. */
export type WindowKey = { pk: string; sk: string }

/** A budget window as it is stored (money protocol, 2). `available + spent + holds + unsettled = limit`, always. */
export type WindowItem = {
  limit: NanoDollars
  available: NanoDollars
  spent: NanoDollars
  unsettled: NanoDollars
  v: number
  holds: Record<string, NanoDollars>
  lost: Record<string, NanoDollars>
  /** Until when (seconds since 1970) an alert is claimed, or `sent`. */
  alerts: Record<string, number | 'sent'>
}

/** Name of one billable attempt, and of its hold, event and ledger entry: 5 characters of expiry minute (base 36), 10 random (base 62). */
export type AttemptId = string

/** One hold of an attempt: on which window, how much. Travels in the spend event. */
export type Hold = { pk: string; sk: string; amount: NanoDollars }

/** The answer to one conditional update. Only `done` and `failed` say what the item is; `lost` may have taken effect or may yet. */
export type Answer =
  | { outcome: 'done'; item: WindowItem }
  | { outcome: 'failed'; item?: WindowItem }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'lost'; reason: string }

/** An event's part of one window: [attempt, held, cost]. */
export type SettleEntry = readonly [id: AttemptId, held: NanoDollars, cost: NanoDollars]

/**
 * The operations of the money protocol, one conditional write each, never retried here (rule 1). `refused` is a definite
 * no of the service (throttling, a transaction conflict): nothing happened, the same request may be sent again.
 */
export type Budgets = {
  create(on: WindowKey, limit: NanoDollars, v: number, ttl?: number): Promise<Answer>
  take(on: WindowKey, id: AttemptId, amount: NanoDollars, v: number): Promise<Answer>
  release(on: WindowKey, id: AttemptId, amount: NanoDollars): Promise<Answer>
  cancel(on: WindowKey, id: AttemptId): Promise<Answer>
  settle(on: WindowKey, entries: readonly SettleEntry[]): Promise<Answer>
  settleLost(on: WindowKey, id: AttemptId, kept: NanoDollars, cost: NanoDollars): Promise<Answer>
  expire(on: WindowKey, id: AttemptId, amount: NanoDollars, kept: NanoDollars): Promise<Answer>
  resolve(on: WindowKey, id: AttemptId, was: NanoDollars, now: NanoDollars): Promise<Answer>
  edit(on: WindowKey, limit: NanoDollars, v: number, was: NanoDollars, old: number): Promise<Answer>
  claim(on: WindowKey, alert: string, until: number, now: number): Promise<Answer>
  sent(on: WindowKey, alert: string): Promise<Answer>
  read(on: WindowKey): Promise<WindowItem | undefined>
  /** Every window of a scope, newest last. For the management API and the operator. */
  windows(kind: ScopeKind, id: string): Promise<{ key: WindowKey; item: WindowItem }[]>
  /** Every window that exists. For the operator and the nightly sweep. */
  all(): AsyncIterable<{ key: WindowKey; item: WindowItem }>
  /** Calls `listener` when this process gave money back on a window: a hint for those that wait for it. Returns how to stop. */
  onFreed?(on: WindowKey, listener: () => void): () => void
}

/** A window of a scope: where it is stored, and when it starts and ends (milliseconds since 1970; endless: Infinity). */
export type Window = { key: WindowKey; start: number; end: number }

/** A scope that a request counts against, as admission needs it. */
export type BudgetScope = { kind: ScopeKind; id: string; label: string; terms: BudgetTerms }

/** Who holds how much of it. A hold of nothing is a tombstone: its attempt was cancelled, perhaps before it took anything (money protocol, 3). */
export const holdsIn = ({ holds }: WindowItem): [AttemptId, NanoDollars][] =>
  Object.entries(holds).filter(([, amount]) => amount > 0)

/** Nano-dollars that are held on the window. */
export const held = (item: WindowItem): NanoDollars => Object.values(item.holds).reduce((a, b) => a + b, 0)

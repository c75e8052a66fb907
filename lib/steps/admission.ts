import type { AttemptId, BudgetScope, Hold } from '../core/budget.ts'
import type { GatewayError } from '../core/errors.ts'
import type { NanoDollars, Price } from '../core/money.ts'
import type { GatewayPorts } from '../core/ports.ts'
import type { LookEvent } from '../core/spend-event.ts'
import type { Bounds } from '../dialects/dialect.ts'

/** One attempt that wants to go upstream, and every budget it counts against. Times are milliseconds since 1970. */
export type AdmitRequest = {
  /** Every scope with a budget; those without a hard limit only count. */
  scopes: readonly BudgetScope[]
  bounds: Bounds
  /** Undefined: unknown. Refused under a hard limit, held as nothing under soft ones. */
  price: Price | undefined
  /** For messages. */
  model: string
  /** Output tokens per choice: the client's cap, or the model's maximum or default. */
  cap: number
  /** The client named it: it is waited for before less is offered. */
  capGiven: boolean
  /** Fewest output tokens that an answer may be clamped to. */
  floorTokens: number
  /** How long to wait for money that other requests hold. */
  waitMs: number
  /** When the hold expires: the request's total deadline and 15 minutes. */
  expiresAt: number
  /** No take and no wait after this. */
  deadline: number
  timeZone: string
  /** The scope's record read again, consistently. Undefined: it is gone. */
  refresh: (scope: BudgetScope) => Promise<BudgetScope | undefined>
  left?: AbortSignal
}

export type Admission = {
  id: AttemptId
  holds: Hold[]
  /** Output tokens per choice that the holds cover: what must be sent upstream. */
  cap: number
  clamped: boolean
  /** Little was left: the caller settles early, so that others need not wait for the queue. */
  tight: boolean
  /** The smallest of its holds. */
  amount: NanoDollars
}

/** `looks`: thresholds of these windows are to be looked at, because they refused. */
export type Admitted = { admission: Admission } | { refused: GatewayError; looks: LookEvent[] }

export type AdmitPorts = Pick<GatewayPorts, 'budgets' | 'clock' | 'random'>

import type { AttemptId } from './budget.ts'
import type { NanoDollars } from './money.ts'
import type { SpendEvent } from './spend-event.ts'

/** One attempt, for good. `lost`: its gateway was killed and what it cost is not known; `unsettled` says what is counted for it. */
export type LedgerEntry = SpendEvent & { unsettled?: NanoDollars }

/** What is summed per day, and what by. */
export type RollupKind = 'key' | 'team' | 'user' | 'model' | 'provider'
export type Rollup = {
  day: string
  spend: NanoDollars
  requests: number
  failed: number
  prompt_tokens: number
  completion_tokens: number
}

/** The record of all spend. Entries are written exactly once, together with their roll-ups. */
export type Ledger = {
  /** Writes final entries and their roll-ups; those already final are left out. Resolves once all are there. */
  record(events: readonly SpendEvent[]): Promise<void>
  /** Writes a `lost` entry unless there is an entry already. */
  recordLost(entry: LedgerEntry): Promise<'written' | 'exists'>
  find(id: AttemptId): Promise<LedgerEntry | undefined>
  /** Entries that started between two times (milliseconds since 1970, inclusive), newest first. */
  between(start: number, end: number): Promise<LedgerEntry[]>
  /** Days are `2026-11-21` in UTC; `total` is the sum of all of them. */
  rollups(by: RollupKind, id: string, range: { from: string; to: string }): Promise<Rollup[]>
  total(by: RollupKind, id: string): Promise<Rollup | undefined>
}

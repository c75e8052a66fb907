import type { NanoDollars } from './money.ts'
import type { AlertMessage } from './spend-event.ts'

export type ReportEvery = 'weekly' | 'monthly'

/** What was spent in the period of a report, and in the one before it. */
export type ReportSums = { spent: NanoDollars; before: NanoDollars; requests: number; failed: number }
export type ReportLine = ReportSums & { id: string; label: string }

/** The largest by spend; `others` is everything else, so that a list always adds up to the report's total. */
export type ReportList = { top: ReportLine[]; others: ReportSums }

export type ReportBudget = {
  scope: string
  scope_id: string
  label: string
  /** Whole per cent of the hard limit that are spent, rounded down. */
  percent: number
  spent: NanoDollars
  limit: NanoDollars
  window: string
}

/** A spend report, published once per period. Days are of UTC, as the ledger's roll-ups are, both inclusive. */
export type ReportMessage = ReportSums & {
  version: 1
  /** `REPORT weekly 2026-11-16`: one per period, whoever makes it. */
  id: string
  kind: 'report'
  every: ReportEvery
  scope: 'global'
  scope_id: '-'
  label: string
  from: string
  to: string
  teams: ReportList
  keys: ReportList
  models: ReportList
  /** Budgets of which four fifths or more are spent, fullest first. */
  budgets: ReportBudget[]
  /** What attempts of killed gateways may have cost, counted once per attempt. */
  unsettled: NanoDollars
  unsettled_attempts: number
  /** The whole report as a person reads it. */
  text: string
}

/** Something else that came over the topic: an alarm of CloudWatch's, or mere words. */
export type AlarmMessage = {
  id: string
  kind: 'alarm'
  /** The same for an alarm and for its all-clear. */
  name: string
  state: 'alarm' | 'ok'
  text: string
}

/** A canary did worse than its baseline and gets no requests any more. `id` is the same for every copy. */
export type CanaryMessage = {
  version: 1
  id: string
  kind: 'canary'
  scope: 'model'
  /** The group. */
  scope_id: string
  /** The canary's deployment id. */
  label: string
  share: number
  reason: string
  /** Milliseconds since 1970. */
  at: number
  /** The whole message as a person reads it. */
  text: string
}

/** Everything that goes to people. `id` is the same for every copy. */
export type Notice = AlertMessage | ReportMessage | AlarmMessage | CanaryMessage

/**
 * Who was told what. `claim` says whether a notice is still to be told to a target: `mine` (tell it, then say `done`, or
 * `release` it for the next try), `done` (somebody has), `busy` (somebody is about to; after a crash, the claim lapses).
 * So nobody is told twice, but by a process that died between telling and saying so. Rejects where the store does not answer.
 */
export type Deliveries = {
  claim(id: string, target: string): Promise<Claim>
}
export type Claim =
  | { state: 'mine'; done: () => Promise<void>; release: () => Promise<void> }
  | { state: 'done' }
  | { state: 'busy' }

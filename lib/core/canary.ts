import type { NanoDollars } from './money.ts'

/** How a canary is judged against the other deployments of its group, its baseline. */
export type CanarySettings = {
  /** What keeps getting the same answerer: the key, the end user, a request (nothing does), or the value of a header. */
  stickyBy: 'key' | 'end_user' | 'request' | { header: string }
  /** Its share of failed calls may be this much larger, 0.05 being five in a hundred. */
  maxErrorIncrease: number
  /** Its first token (its whole reply, where nothing is streamed) may come so many times later. */
  maxLatencyRatio: number
  /** Fewer calls than this say nothing of latency, and little of errors. */
  minCalls: number
  /** How long a measurement counts: judged is what came in the current window and in the one before. */
  windowMs: number
}

/** Where the config says nothing else (`router_settings.canary`). */
export const defaultCanary: CanarySettings = {
  stickyBy: 'key',
  maxErrorIncrease: 0.05,
  maxLatencyRatio: 1.5,
  minCalls: 30,
  windowMs: 600_000,
}

/** What was counted of one side. Times are counts by bucket, the times of streams and of whole replies apart. */
export type TrialArm = {
  calls: number
  failed: number
  cost: NanoDollars
  firstToken: Record<string, number>
  whole: Record<string, number>
}
export type TrialWindow = { since: number; canary: TrialArm; baseline: TrialArm }

/** Why a canary gets nothing any more. `told`: people were; before that, who has `claimed` it until when (both in ms). */
export type RollBack = { at: number; reason: string; told: boolean; claimed: number }

/** One canary at one share. Edit the share, and a new trial begins. */
export type Trial = { id: string; group: string; share: number; windows: TrialWindow[]; rolledBack?: RollBack }

/** What a trial is kept by. A deployment without an id of its own is another one after every edit anyway. */
export const trialKey = ({ id, canary = 0 }: { id: string; canary?: number }): string => `${id}@${canary}`

/** The trials of all canaries, kept beside routing's state. Every call rejects where the store does not answer. */
export type Trials = {
  read(): Promise<Record<string, Trial>>
  /** Puts `after` in the place of `before` (undefined: none). False: somebody else was faster. */
  replace(key: string, before: Trial | undefined, after: Trial): Promise<boolean>
  /** Forgets a trial, and with it that it was rolled back: it begins anew. */
  remove(key: string): Promise<void>
}

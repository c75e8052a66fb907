import { type SettleEntry, type WindowItem, type WindowKey } from '../core/budget.ts'
import { expiryOf } from '../core/attempt-id.ts'
import { unlimited } from '../core/money.ts'
import type { AlertMessage } from '../core/spend-event.ts'

/** A fact about a window that somebody must be told. `name` contains the limit, so that raising it arms the alert again. */
export type Crossing = { name: string; kind: AlertMessage['kind']; percent?: number; attempt?: string }

export type ThresholdInput = {
  item: WindowItem
  /** The scope's soft limit as its record has it now. */
  soft?: number
  /** Percentages of a hard limit, ascending. */
  percents: readonly number[]
  /** A gateway refused a request on this window, at the limit that the item has now. */
  refused: boolean
  /** An attempt may have cost more than was held for it. */
  overrun: boolean
}

/**
 * What this window has passed and nobody has surely been told of (money protocol, 7). A function of the item, not of
 * what was just settled: whoever looks next finds what a killed process left untold.
 */
export function crossed({ item, soft, percents, refused, overrun }: ThresholdInput): Crossing[] {
  const { limit, available, spent, unsettled } = item
  const hard = limit < unlimited
  const all: Crossing[] = []
  if (soft !== undefined && spent >= soft) all.push({ name: `soft@${soft}`, kind: 'soft' })
  if (hard && limit > 0)
    for (const percent of percents)
      if (spent * 100 >= percent * limit) all.push({ name: `${percent}@${limit}`, kind: 'percent', percent })
  const usedUp = available <= 0 && spent + unsettled >= limit
  if (hard && (refused || usedUp)) all.push({ name: `refused@${limit}`, kind: 'hard' })
  if (hard && overrun && available < 0) all.push({ name: `debt@${limit}`, kind: 'debt' })
  for (const attempt of Object.keys(item.lost)) all.push({ name: unsettledName(attempt), kind: 'unsettled', attempt })
  return all.filter(({ name }) => item.alerts[name] !== 'sent')
}

const unsettledName = (attempt: string) => `unsettled@${attempt}`

/** True where an expired attempt was moved to `lost` and its alert is not out yet. */
export const hasUntold = (item: WindowItem): boolean =>
  Object.keys(item.lost).some((attempt) => item.alerts[unsettledName(attempt)] !== 'sent')

/** Whether entries of a batch can have put a window into debt: a cost above its hold, or one whose hold had expired. */
export const overruns = (entries: readonly SettleEntry[], now: number): boolean =>
  entries.some(([id, held, cost]) => cost > held || expiryOf(id) <= now)

/** The one name of an alert everywhere: in claims, in SNS, in consumers that drop repeats. */
export const alertId = (key: WindowKey, name: string): string => `${key.pk} ${key.sk} ${name}`

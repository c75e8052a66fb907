import { held, type WindowItem, type WindowKey } from '../core/budget.ts'
import { unlimited } from '../core/money.ts'
import { labelOf, type ScopeRecord } from '../core/records.ts'
import type { AlertMessage } from '../core/spend-event.ts'
import { windowOf } from '../core/windows.ts'
import { type ScopeName, scopeOf } from './alert-scope.ts'
import { type AlertFacts, alertText } from './alert-text.ts'
import { alertId, type Crossing } from './thresholds.ts'

export type AlertSubject = {
  key: WindowKey
  item: WindowItem
  /** Absent where the scope was deleted meanwhile: its alerts still go out, under its id. */
  record?: ScopeRecord
  /** Moments (milliseconds since 1970) of which one lies in the window: now, the start of an attempt. */
  moments: readonly number[]
  timeZone: string
}

/** What is published for a crossing: the same id and facts whoever publishes it. */
export function alertMessage(crossing: Crossing, subject: AlertSubject): AlertMessage {
  const { key, item, record } = subject
  const { kind, id } = scopeOf(key)
  const facts = factsOf(subject)
  return {
    version: 1,
    id: alertId(key, crossing.name),
    kind: crossing.kind,
    ...(crossing.percent !== undefined && { percent: crossing.percent }),
    scope: kind,
    scope_id: id,
    label: facts.label,
    ...ownersOf({ kind, id }, record),
    spent: item.spent,
    held: held(item),
    unsettled: item.unsettled,
    ...(item.limit < unlimited && { limit: item.limit }),
    ...(record?.terms.soft !== undefined && { soft: record.terms.soft }),
    window: key.sk,
    ...(facts.end !== undefined && facts.end !== Infinity && { resets_at: facts.end }),
    text: alertText(crossing, facts),
  }
}

/** Whose alert it is beside its scope's: what subscriptions filter by. */
function ownersOf(
  { kind, id }: ScopeName,
  record: ScopeRecord | undefined,
): Pick<AlertMessage, 'team_id' | 'key_alias'> {
  if (kind === 'team') return { team_id: id }
  if (record?.kind !== 'key') return {}
  return {
    ...(record.teamId !== undefined && { team_id: record.teamId }),
    ...(record.alias !== undefined && { key_alias: record.alias }),
  }
}

function factsOf({ key, item, record, moments, timeZone }: AlertSubject): AlertFacts {
  const { kind, id } = scopeOf(key)
  const windows = record ? moments.map((at) => windowOf({ kind, id, terms: record.terms }, at, timeZone)) : []
  const window = windows.find((candidate) => candidate.key.sk === key.sk)
  const soft = record?.terms.soft
  return {
    kind,
    label: record ? labelOf(record) : id,
    item,
    ...(soft !== undefined && { soft }),
    duration: key.sk.split('#')[0] ?? key.sk,
    ...(window && { start: window.start, end: window.end }),
    timeZone,
  }
}

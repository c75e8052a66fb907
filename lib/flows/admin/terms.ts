import { durationMs } from '../../core/duration.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { fromDollars } from '../../core/money.ts'
import type { BudgetTerms } from '../../core/records.ts'
import type { SharedFields } from './fields.ts'

/** `base` with members replaced: undefined leaves a member as it is, null takes it away. */
export function patched<T extends object>(base: T, patch: { [K in keyof T]?: T[K] | null | undefined }): T {
  const entries = Object.entries({ ...base, ...defined(patch) })
  return Object.fromEntries(entries.filter(([, value]) => value !== null)) as T
}

const defined = (patch: object) => Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))

const nanoOf = (dollars: number | null | undefined) => (typeof dollars === 'number' ? fromDollars(dollars) : dollars)

/**
 * Terms after an edit, without its new version. A duration that is set or changed starts a new window, counted from now
 * where no calendar aligns it.
 */
export function editedTerms(terms: BudgetTerms, given: SharedFields, now: number): BudgetTerms {
  const duration = given.budget_duration
  const changed = duration !== undefined && (duration ?? undefined) !== terms.duration
  return patched(terms, {
    limit: nanoOf(given.max_budget),
    soft: nanoOf(given.soft_budget),
    duration,
    anchor: changed ? now : undefined,
    blocked: given.blocked ?? undefined,
  })
}

/** A record as it was, but blocked or not: money stays as it is. */
export const withBlocked = <T extends { terms: BudgetTerms }>(record: T, blocked: boolean): T => ({
  ...record,
  terms: { ...record.terms, blocked },
})

/** Terms of a new scope. */
export const newTerms = (given: SharedFields, now: number): BudgetTerms =>
  editedTerms({ v: 1, anchor: now, blocked: false }, given, now)

/** Whether two records bind money alike: only an edit that changes this gets a new version. */
export const sameTerms = (a: BudgetTerms, b: BudgetTerms): boolean =>
  a.limit === b.limit &&
  a.soft === b.soft &&
  a.duration === b.duration &&
  a.anchor === b.anchor &&
  a.blocked === b.blocked

/** When a key with this `duration` expires; null: never (LiteLLM writes -1). Undefined: nothing was said. */
export function expiryOf(duration: string | null | undefined, now: number): number | null | undefined {
  if (duration === undefined) return undefined
  if (duration === null || duration === '-1') return null
  return now + durationMs(duration, now)
}

/** Metadata after an edit: replaced as a whole where given, with `tags` kept in it, where spend tracking looks for them. */
export function editedMetadata(metadata: JsonObject, given: SharedFields): JsonObject {
  const base = given.metadata === undefined ? metadata : ((given.metadata ?? {}) as JsonObject)
  const { tags, ...rest } = base
  const kept = given.tags === undefined ? tags : (given.tags ?? undefined)
  return kept === undefined ? rest : { ...rest, tags: kept }
}

/** Unknown fields after an edit: null takes one away. */
export const editedOther = (before: Record<string, Json>, given: Record<string, Json>): Record<string, Json> =>
  Object.fromEntries(Object.entries({ ...before, ...given }).filter(([, value]) => value !== null))

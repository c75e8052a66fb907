import { expiryOf } from '../core/attempt-id.ts'
import { type BudgetScope, held, type Window, type WindowItem } from '../core/budget.ts'
import { type ErrorDetail, GatewayError } from '../core/errors.ts'
import { type NanoDollars, toDollars } from '../core/money.ts'
import type { ScopeKind } from '../core/records.ts'
import type { LookEvent } from '../core/spend-event.ts'

/** A window that refused, as it was when it did. */
export type Refusal = { scope: BudgetScope; window: Window; item: WindowItem; requested: NanoDollars }

/** What LiteLLM calls the entity in its messages; clients match on the words before the numbers. */
const entities = { key: 'Key', team: 'Team', user: 'User', global: 'Gateway' } as const satisfies Record<
  ScopeKind,
  string
>

/** How long the client is asked to wait where nothing but requests under way stands in its way. */
const heldRetryMs = 2000

const dollars = (amount: NanoDollars): string =>
  toDollars(amount)
    .toFixed(9)
    .replace(/\.?0+$/, '')

/** True where the money is there, and only held or unsettled by others. */
export const isOnlyHeld = (item: WindowItem, needed: NanoDollars): boolean => item.available + held(item) >= needed

/**
 * The 429 for windows that refused (at least one), which names the one that keeps the client waiting longest. `needed` is
 * the least that would have been admitted. LiteLLM's message, and behind it what that message never says.
 */
export function budgetError(refusals: readonly Refusal[], needed: NanoDollars, now: number): GatewayError {
  const waits = refusals.map((refusal) => ({ refusal, retryAfterMs: retryAfterMs(refusal, needed, now) }))
  const [worst] = waits.toSorted((a, b) => b.retryAfterMs - a.retryAfterMs)
  if (!worst) return new GatewayError('budget_exceeded')
  const detail: ErrorDetail = { message: messageOf(worst.refusal), extra: { budget: factsOf(worst.refusal) } }
  if (Number.isFinite(worst.retryAfterMs)) detail.retryAfterMs = worst.retryAfterMs
  return new GatewayError('budget_exceeded', detail)
}

const retryAfterMs = ({ item, window }: Refusal, needed: NanoDollars, now: number): number =>
  isOnlyHeld(item, needed) ? heldRetryMs : Math.max(window.end - now, heldRetryMs)

const resetsAt = ({ end }: Window): string | null => (Number.isFinite(end) ? new Date(end).toISOString() : null)

function messageOf({ scope, window, item, requested }: Refusal): string {
  const reset = resetsAt(window)
  return [
    `Budget has been exceeded! ${entities[scope.kind]}=${scope.label} Current cost: ${dollars(item.spent)}, Max budget: ${dollars(item.limit)}.`,
    `This request may cost up to $${dollars(requested)}; $${dollars(Math.max(item.available, 0))} is left, besides $${dollars(held(item))} held by requests under way`,
    `and $${dollars(item.unsettled)} unsettled by requests whose gateway was stopped.`,
    reset === null ? 'This budget does not reset.' : `Budget window ${window.key.sk} resets at ${reset}.`,
  ].join(' ')
}

const factsOf = ({ scope, window, item, requested }: Refusal) => ({
  scope: scope.kind,
  id: scope.id,
  label: scope.label,
  window: window.key.sk,
  spent: toDollars(item.spent),
  held: toDollars(held(item)),
  unsettled: toDollars(item.unsettled),
  limit: toDollars(item.limit),
  requested: toDollars(requested),
  resets_at: resetsAt(window),
})

/**
 * Which windows the aggregator should look at: those whose refusal nobody was told of yet (the hard alert), and those with
 * an expired hold in sight.
 */
export const looksOf = (refusals: readonly Refusal[], now: number): LookEvent[] =>
  refusals.flatMap(({ window, item }) => {
    const refused = item.alerts[`refused@${item.limit}`] === undefined
    const expired = Object.keys(item.holds).some((id) => expiryOf(id) <= now)
    if (!refused && !expired) return []
    return [{ version: 1 as const, look: window.key, ...(refused && { refused, limit: item.limit }) }]
  })

/** A model without a price under a hard budget: refused, never free. */
export const unpricedError = (model: string, scopes: readonly BudgetScope[]): GatewayError => {
  const names = scopes.map(({ kind, label }) => `${entities[kind]}=${label}`).join(', ')
  return new GatewayError('unpriced_model', {
    message: `The price of model ${model} is not known, and ${names} has a hard budget, which an unknown price could break. Configure input_cost_per_token and output_cost_per_token under the model's litellm_params (0 for a free model), or name a priced model as model_info.base_model.`,
    param: 'model',
  })
}

/** An operator has blocked the key, or the team or user that it belongs to. */
export const blockedError = ({ kind, id }: BudgetScope): GatewayError =>
  new GatewayError('blocked', {
    message:
      kind === 'key'
        ? "Authentication Error, Key is blocked. Update via `/key/unblock` if you're admin."
        : `${entities[kind]}=${id} is blocked. Update via \`/${kind}/unblock\` if you're admin.`,
  })

/** The scope was deleted while its record was still cached here: in the words of whoever never knew it. */
export const goneError = ({ kind, label }: BudgetScope): GatewayError =>
  kind === 'key'
    ? new GatewayError('unknown_key', { message: `Authentication Error, Key=${label} was deleted.`, publicCode: '401' })
    : new GatewayError('blocked', { message: `${entities[kind]}=${label} was deleted.` })

/** The caller's own deadline, or the platform's, came before money could be held. */
export const lateError = (): GatewayError =>
  new GatewayError('timeout', {
    message: 'The request ran out of time before its budget could be held; nothing was sent upstream.',
  })

/** `reason` is for the log: it stays inside. */
export const unavailableError = (reason: string, cause?: unknown): GatewayError =>
  new GatewayError('unavailable', {
    cause: cause === undefined ? reason : new Error(reason, { cause }),
    retryAfterMs: heldRetryMs,
  })

import { expiryOf } from '../core/attempt-id.ts'
import type { AttemptId, WindowKey } from '../core/budget.ts'
import type { LedgerEntry } from '../core/ledger.ts'
import type { NanoDollars } from '../core/money.ts'
import { noUsage } from '../core/usage.ts'
import { scopeOf } from './alert-scope.ts'

const unknown = 'unknown'

/**
 * The ledger's entry for an attempt of which nothing is left but its hold: who, how much at most, and about when. The
 * gateway's own note says more, and comes first where it survived.
 */
export function lostEntry(
  { key, id, amount }: { key: WindowKey; id: AttemptId; amount: NanoDollars },
  lifeMs: number,
): LedgerEntry {
  const scope = scopeOf(key)
  const owner = { key: 'key_id', team: 'team_id', user: 'user_id', global: undefined }[scope.kind]
  return {
    version: 1,
    id,
    request_id: unknown,
    start: expiryOf(id) - lifeMs,
    end: expiryOf(id),
    outcome: 'lost',
    call_type: 'chat',
    stream: false,
    ...(owner && { [owner]: scope.id }),
    tags: [],
    requested_model: unknown,
    model_group: unknown,
    deployment_id: unknown,
    upstream_model: unknown,
    provider: unknown,
    client_dialect: unknown,
    upstream_dialect: unknown,
    usage: noUsage,
    cost: 0,
    unsettled: amount,
    price_source: unknown,
    estimated: true,
    holds: [{ ...key, amount }],
    status: 0,
    attempted_retries: 0,
    attempted_fallbacks: 0,
  }
}

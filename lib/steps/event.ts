import type { SpendEvent } from '../core/spend-event.ts'
import { type Attempt, chargeOf, type Ending } from './charge.ts'
import { storableTags, storableText } from './event-text.ts'
import type { Job } from './job.ts'
import { isHurried } from './task.ts'
import { observedOf } from './telemetry-event.ts'

/** The one event of an attempt (design: contracts, spend event). */
export function eventOf(job: Job, attempt: Attempt, ending: Ending): SpendEvent {
  const { task, call, tally } = job
  const { admission, deployment, provider, speech } = attempt
  const { usage, cost, estimated, units, source } = chargeOf(job, attempt, ending)
  return {
    version: 1,
    id: admission.id,
    request_id: call.requestId,
    start: attempt.startedAt,
    ...(attempt.firstTokenAt !== undefined && { first_token: attempt.firstTokenAt }),
    end: ending.endedAt,
    outcome: ending.outcome,
    call_type: task.callType,
    stream: task.stream,
    ...whoOf(job),
    ...(task.endUser !== undefined && { end_user: storableText(task.endUser) }),
    tags: storableTags(task.tags),
    requested_model: storableText(task.model),
    model_group: storableText(attempt.group),
    deployment_id: deployment.id,
    upstream_model: storableText(attempt.model),
    provider: provider.id,
    client_dialect: task.clientDialect,
    upstream_dialect: speech.dialect,
    usage,
    ...(units && { units }),
    cost,
    price_source: source,
    estimated,
    holds: admission.holds,
    status: ending.status,
    ...(ending.error !== undefined && { error: ending.error }),
    attempted_retries: tally.retries,
    attempted_fallbacks: tally.fallbacks,
    ...(job.shadow && { shadow: true as const }),
    ...(ending.error === 'timeout' && isHurried(task) && { hurried: true as const }),
    ...observedOf(job, attempt, ending),
  }
}

/** Ids of the caller's records, for events and notes. */
export function whoOf({ caller }: Job): Pick<SpendEvent, 'key_id' | 'key_hash' | 'key_alias' | 'team_id' | 'user_id'> {
  const { key } = caller
  if (!key) return {}
  return {
    key_id: key.id,
    key_hash: key.hash,
    ...(key.alias !== undefined && { key_alias: key.alias }),
    ...(key.teamId !== undefined && { team_id: key.teamId }),
    ...(key.userId !== undefined && { user_id: key.userId }),
  }
}

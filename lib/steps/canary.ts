import { createHash } from 'node:crypto'
import { type CanarySettings, defaultCanary } from '../core/canary.ts'
import { type Candidate, tiersOf } from './choose.ts'
import type { Job } from './job.ts'
import type { Group } from './models.ts'

/**
 * The group's tiers for a request. A canary that it falls to comes first, with the baseline behind it, so that a canary that
 * fails is no reason for a caller's request to fail; a canary that it does not fall to comes last, for when nobody else answers.
 * One that was rolled back, or that gets no share, is not asked at all, unless there is nobody else in the group.
 */
export function canaryTiers(job: Job, group: Group): Candidate[][] {
  const canaries = group.deployments.filter(({ deployment }) => deployment.canary !== undefined)
  const baseline = group.deployments.filter(({ deployment }) => deployment.canary === undefined)
  const open = canaries.filter(({ deployment }) => deployment.canary !== 0 && !job.routing.isRolledBack(deployment))
  if (!baseline.length && !open.length) return tiersOf(group)
  const turn = shareOf(job, group.name)
  let from = 0
  const mine = open.find(({ deployment: { canary = 0 } }) => turn < (from += canary))
  const others = open.filter((one) => one !== mine)
  return [
    ...(mine ? [[mine]] : []),
    ...tiersOf({ ...group, deployments: baseline }),
    ...(others.length ? [others] : []),
  ]
}

/** Where in [0, 1) the request falls: the same for whatever sticks, so that a larger share keeps everybody it had. */
function shareOf(job: Job, group: string): number {
  const known = stuckTo(job, job.config.canary ?? defaultCanary)
  if (known === undefined) return job.ports.random()
  return createHash('sha256').update(`${group} ${known}`).digest().readUIntBE(0, 6) / 2 ** 48
}

/** Undefined: nothing to stick to, and chance decides. The master key has no id: its requests are told apart by their end users. */
function stuckTo({ call, caller, task }: Job, { stickyBy }: CanarySettings): string | undefined {
  if (stickyBy === 'request') return undefined
  if (stickyBy === 'key') return caller.key?.id ?? task.endUser
  if (stickyBy === 'end_user') return task.endUser ?? caller.key?.id
  return call.headers[stickyBy.header] ?? caller.key?.id
}

import type { Config } from '../core/config.ts'
import type { Failure } from '../core/failure.ts'
import { type Candidate, tiersOf } from './choose.ts'
import type { Job } from './job.ts'
import type { Group } from './models.ts'

/** Whom a request may be sent to, tier by tier; or why nobody. */
export type Eligible = { tiers: Candidate[][] } | { failure: Failure }

/**
 * The tiers of a group that this request may be sent to: by region, by the prompt's length, by tags (in LiteLLM's order), and
 * with a canary in front of the others or behind them. The rules are loaded when a config first asks for them.
 * `refuses`: whether it helps to say that nobody's context window is large enough, because others would be asked.
 */
export async function eligible(job: Job, group: Group, refuses: (failure: Failure) => boolean): Promise<Eligible> {
  let { deployments } = group
  if (isChosen(job)) {
    const { chosen } = await import('./eligible-rules.ts')
    const found = chosen(job, group, refuses)
    if ('failure' in found) return found
    deployments = found.candidates
  }
  const plain = { ...group, deployments }
  if (!deployments.some(isCanary)) return { tiers: tiersOf(plain) }
  const { canaryTiers } = await import('./canary.ts')
  return { tiers: canaryTiers(job, plain) }
}

const isChosen = ({ config, task }: Job): boolean =>
  config.tagFiltering !== undefined || config.preCallChecks === true || task.regions !== undefined

const isCanary = ({ deployment }: Candidate): boolean => deployment.canary !== undefined

/** Whether a canary is on trial in a group: there every failed attempt is told, so that the trial can count it. */
export const isOnTrial = ({ deployments }: Pick<Config, 'deployments'>, group: string): boolean =>
  deployments.some(({ canary = 0, group: own }) => canary > 0 && own === group)

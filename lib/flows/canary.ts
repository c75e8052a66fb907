import { type CanarySettings, defaultCanary, type Trial, trialKey, type Trials } from '../core/canary.ts'
import type { Config } from '../core/config.ts'
import type { Deployment } from '../core/deployment.ts'
import type { CanaryMessage } from '../core/notice.ts'
import type { Clock, Log } from '../core/ports.ts'
import { reasonFor } from '../core/reason.ts'
import type { SpendEvent } from '../core/spend-event.ts'
import { tried } from '../steps/canary-trial.ts'
import { worse } from '../steps/canary-verdict.ts'

export type CanaryPorts = {
  trials: Trials
  tell: (message: CanaryMessage) => Promise<void>
  clock: Pick<Clock, 'now'>
  log: Log
}

/** Batches that are booked at once write the same trial: whoever comes second reads again. */
const tries = 4
/** Who says that a canary was rolled back has so long to do so before somebody else does. */
const claimMs = 60_000

/** Canaries on trial. At a share of 1 there is nothing to compare with any more. */
export const canariesOf = ({ deployments }: Config): Deployment[] =>
  deployments.filter(({ canary = 0 }) => canary > 0 && canary < 1)

/**
 * For the aggregator: counts a batch's events in the trials of their groups, rolls back what did worse than its baseline, and
 * tells people, at least once, always under the same id. Estimates: a batch that comes again counts twice, one whose trial could
 * not be written not at all. Never rejects.
 */
export async function judgeCanaries(config: Config, ports: CanaryPorts, events: readonly SpendEvent[]): Promise<void> {
  for (const canary of canariesOf(config)) {
    const members = new Set(config.deployments.filter(({ group }) => group === canary.group).map(({ id }) => id))
    const own = events.filter(({ deployment_id: id }) => members.has(id))
    // A trial that nothing is added to may still have something to tell.
    if (events.length && !own.length) continue
    try {
      await judge(config.canary ?? defaultCanary, ports, { canary, events: own })
    } catch (error) {
      ports.log('warn', "a canary's trial could not be written, or its end not be told", {
        deployment_id: canary.id,
        error: reasonFor(error),
      })
    }
  }
}

type Judged = { canary: Deployment; events: readonly SpendEvent[] }

async function judge(settings: CanarySettings, ports: CanaryPorts, { canary, events }: Judged): Promise<void> {
  const key = trialKey(canary)
  for (let attempt = 0; attempt < tries; attempt++) {
    const before = (await ports.trials.read())[key]
    if ((!before && !events.length) || before?.rolledBack?.told) return
    const now = ports.clock.now()
    const after = claimed(judged(tried(before, { canary, events, settings }), settings, now), now)
    const mine = after.rolledBack?.claimed !== before?.rolledBack?.claimed
    if (!mine && !events.length) return
    if (!(await ports.trials.replace(key, before, after))) continue
    return mine ? tell(ports, key, after) : undefined
  }
}

/** Once rolled back, it stays so: what others measure of the baseline alone says nothing of the canary. */
function judged(trial: Trial, settings: CanarySettings, now: number): Trial {
  const reason = trial.rolledBack ? undefined : worse(trial, settings)
  return reason === undefined ? trial : { ...trial, rolledBack: { at: now, reason, told: false, claimed: 0 } }
}

function claimed(trial: Trial, now: number): Trial {
  const back = trial.rolledBack
  return back && !back.told && back.claimed <= now
    ? { ...trial, rolledBack: { ...back, claimed: now + claimMs } }
    : trial
}

async function tell({ trials, tell: publish, log }: CanaryPorts, key: string, trial: Trial): Promise<void> {
  const message = messageOf(key, trial)
  if (!message) return
  await publish(message)
  log('warn', 'a canary was rolled back', { deployment_id: trial.id, model_group: trial.group, reason: message.reason })
  // Another batch may have counted meanwhile: read what stands there now.
  for (let attempt = 0; attempt < tries; attempt++) {
    const before = (await trials.read())[key]
    const back = before?.rolledBack
    if (!before || !back || (await trials.replace(key, before, { ...before, rolledBack: { ...back, told: true } })))
      return
  }
}

function messageOf(key: string, { id, group, share, rolledBack }: Trial): CanaryMessage | undefined {
  if (!rolledBack) return undefined
  const { at, reason } = rolledBack
  return {
    version: 1,
    id: `CANARY ${key} ${at}`,
    kind: 'canary',
    scope: 'model',
    scope_id: group,
    label: id,
    share,
    reason,
    at,
    text: `Canary rolled back: \`${id}\` of model \`${group}\` gets none of the ${percent(share)} it had: ${reason}. All requests go to the other deployments. Try it again with \`npm run admin -- canary reset ${id}\`, or by another share (\`canary\`).`,
  }
}

const percent = (share: number) => `${Math.round(share * 1000) / 10}%`

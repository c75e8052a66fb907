import type { Deliveries, Notice } from '../core/notice.ts'
import type { Clock } from '../core/ports.ts'
import type { Target } from '../steps/alert-targets.ts'

export type AlertsPorts = { targets: readonly Target[]; deliveries: Deliveries; clock: Pick<Clock, 'sleep'> }

/** Somebody else's delivery is usually over within a moment; waiting for it is cheaper than a redelivery. */
const looks = 4
const betweenLooksMs = 250

/**
 * Brings alerts, alarms and reports to people. The same one may come several times, always with the same id (money
 * protocol, 7): each target is told once, whoever else failed. Rejects, naming them, where targets did not take it, so that
 * whoever called tries again; those that have it are then left out.
 */
export function alertsFlow(ports: AlertsPorts): (notice: Notice) => Promise<void> {
  return async (notice) => {
    const targets = ports.targets.filter(({ takes }) => takes(notice))
    const outcomes = await Promise.all(targets.map((target) => deliver(ports, target, notice)))
    const failed = outcomes.filter((reason) => reason !== undefined)
    if (failed.length) throw new Error(`${notice.id} was not taken: ${failed.join('; ')}`)
  }
}

/** Resolves with what went wrong, if anything. */
async function deliver(ports: AlertsPorts, target: Target, notice: Notice): Promise<string | undefined> {
  try {
    const claim = await claimed(ports, target, notice)
    if (claim.state === 'done') return undefined
    if (claim.state === 'busy') return `${target.name} is being told by another process`
    try {
      await target.send(notice)
    } catch (error) {
      await claim.release()
      throw error
    }
    await claim.done()
    return undefined
  } catch (error) {
    return `${target.name}: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function claimed({ deliveries, clock }: AlertsPorts, { name }: Target, { id }: Notice) {
  for (let look = 1; ; look++) {
    const claim = await deliveries.claim(id, name)
    if (claim.state !== 'busy' || look === looks) return claim
    await clock.sleep(betweenLooksMs)
  }
}

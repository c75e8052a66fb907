import type { WindowItem, WindowKey } from '../core/budget.ts'
import type { Config } from '../core/config.ts'
import type { Records } from '../core/records.ts'
import type { LookEvent } from '../core/spend-event.ts'
import { type AlertPorts, tell } from './alert.ts'
import { alertMessage } from './alert-message.ts'
import { scopeOf } from './alert-scope.ts'
import { settleBatch, type WindowJob } from './settle-batch.ts'
import { expiredHolds, sweep, type SweepPorts, type SweepRules } from './sweep.ts'
import { crossed, overruns } from './thresholds.ts'

export type WindowPorts = AlertPorts & SweepPorts & { records: Records }

/** `settled`: every cost of the job is booked. `told`: every crossing in sight was published. */
export type Tended = { settled: boolean; told: boolean }

/** Expired holds moved beside a settlement: the rest is for the next one, or the night. */
const mostSweptBeside = 25

/** A margin that every hold outlives its request by (money protocol, 2). */
const graceMs = 15 * 60_000

export const sweepRules = (config: Config, most: number): SweepRules => ({
  orphanedHolds: config.orphanedHolds,
  lifeMs: config.totalTimeoutMs + graceMs,
  most,
})

/**
 * All that a batch means for one window: settle, move what has expired, tell what was crossed, in this order, whether or
 * not there was anything to settle (money protocol, 3 and 7). Never rejects.
 */
export async function tendWindow(
  config: Config,
  ports: WindowPorts,
  { job, looks }: { job: WindowJob; looks: readonly LookEvent[] },
): Promise<Tended> {
  let settled = false
  try {
    const seen = job.entries.length ? await settleBatch(ports, job) : await ports.budgets.read(job.key)
    settled = true
    if (!seen) return { settled, told: true }
    const item = await sweptBeside(config, ports, { key: job.key, item: seen })
    const refused = looks.some((look) => look.refused && (look.limit ?? item.limit) === item.limit)
    const overrun = overruns(job.entries, ports.clock.now())
    const told = await tellCrossings(config, ports, { key: job.key, item, refused, overrun, moments: job.starts })
    return { settled, told }
  } catch (error) {
    ports.log('error', 'a budget window could not be settled and told', { ...job.key, settled, reason: String(error) })
    return { settled, told: false }
  }
}

/** Sweeping is never a reason to fail a batch: whoever sees the item next does it. */
async function sweptBeside(
  config: Config,
  ports: WindowPorts,
  window: { key: WindowKey; item: WindowItem },
): Promise<WindowItem> {
  if (!expiredHolds(window.item, ports.clock.now()).length) return window.item
  try {
    return (await sweep(ports, sweepRules(config, mostSweptBeside), window)).item
  } catch (error) {
    ports.log('warn', 'expired holds could not be swept', { ...window.key, reason: String(error) })
    return window.item
  }
}

export type Sight = {
  key: WindowKey
  item: WindowItem
  refused: boolean
  overrun: boolean
  /** Moments in the window, where known. */
  moments: readonly number[]
}

/** Publishes what this item has crossed and nobody was told of. Resolves with whether all of it is out. */
export async function tellCrossings(config: Config, ports: WindowPorts, sight: Sight): Promise<boolean> {
  const { key, item } = sight
  const { kind, id } = scopeOf(key)
  const record = await ports.records.scope(kind, id)
  const soft = record?.terms.soft
  const crossings = crossed({ ...sight, ...(soft !== undefined && { soft }), percents: config.alertThresholds })
  const moments = [ports.clock.now(), ...sight.moments]
  let told = true
  for (const crossing of crossings) {
    const message = alertMessage(crossing, { key, item, ...(record && { record }), moments, timeZone: config.timeZone })
    if ((await tell(ports, { key, name: crossing.name }, message)) === 'untold') told = false
  }
  return told
}

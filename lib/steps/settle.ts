import { reasonFor } from '../core/reason.ts'
import type { BusEvent } from '../core/spend-event.ts'
import { releaseHolds, settleEarly } from './admit.ts'
import type { Job } from './job.ts'
import { endTurns } from './turn.ts'

/**
 * The end of a request's money: what was held for nothing is given back, every closed attempt's event is made safe, and
 * only then its note is erased and, where the budget is nearly used up, its hold settled at once (money protocol, rule 2:
 * anyone may; never before the event was accepted). Called once per request, by whatever way it ends; never throws.
 */
export async function settle(job: Job): Promise<void> {
  const { ports } = job
  if (job.beside.length) await Promise.all(job.beside)
  const kept = job.sealed.length ? keepSeals(job) : undefined
  const unused = job.unused
  delete job.unused
  const closed = job.closed.splice(0)
  const looks = job.looks.splice(0)
  endTurns(
    job,
    closed.map(({ event }) => event),
  )
  const events: BusEvent[] = [
    ...closed.map(({ event }) => ({ type: 'spend.v1' as const, detail: event })),
    ...looks.map((look) => ({ type: 'look.v1' as const, detail: look })),
  ]
  const released = unused ? releaseHolds(ports, unused) : undefined
  try {
    if (events.length) await ports.bus.publish(events)
    for (const { event } of closed) ports.notes.erase(event.id)
    await Promise.all(closed.filter(({ tight }) => tight).map(({ event }) => settleEarly(ports, event)))
  } catch (error) {
    // The holds stay counted and the notes stay: with this line nothing is lost, an operator can send it again.
    ports.log('error', 'spend events could not be published', { events, error: String(error) })
  }
  await released
  // Known to this process at once; a server's client does not wait until others can know it too.
  if (!ports.publishBeforeEnd) await kept
  // An environment that is frozen after the reply writes now or never; a server writes while it goes on.
  if (!ports.publishBeforeEnd) await job.routing.flushed()
}

/** Never rejects: nobody waits for it, and a rejection that nobody hears ends the process. */
const keepSeals = (job: Job): Promise<void> =>
  import('./seals.ts')
    .then(({ storeSeals }) => storeSeals(job))
    .catch((error: unknown) => job.ports.log('warn', 'sealed reasoning could not be kept', { error: reasonFor(error) }))

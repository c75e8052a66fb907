import type { Budgets, WindowKey } from '../core/budget.ts'
import type { Log } from '../core/ports.ts'
import type { AlertMessage } from '../core/spend-event.ts'
import { answered, type Patience } from './settle-batch-answered.ts'

/** How long a claimer has to publish and mark before somebody else may (money protocol, 7). */
const leaseSeconds = 60

/** A claim of somebody else is usually marked within a moment; waiting for it is cheaper than a redelivery. */
const looksAtClaim = 4
const betweenLooksMs = 150

export type AlertPorts = Patience & { budgets: Budgets; alert: (message: AlertMessage) => Promise<void>; log: Log }

/**
 * Claims an alert, publishes it, marks it sent. `told`: it is out, by us or by somebody before us. `untold`: somebody else
 * has claimed it and has not marked it, or it could not be published; whoever holds its message must keep it. Published
 * twice only where a process dies or stalls between publishing and marking, then with the same id.
 */
export async function tell(
  ports: AlertPorts,
  on: { key: WindowKey; name: string },
  message: AlertMessage,
): Promise<'told' | 'untold'> {
  const claimed = await claim(ports, on)
  if (claimed !== 'mine') return claimed
  try {
    await ports.alert(message)
  } catch (error) {
    ports.log('error', 'an alert could not be published', { id: message.id, reason: String(error) })
    return 'untold'
  }
  await answered(ports, () => ports.budgets.sent(on.key, on.name))
  return 'told'
}

/**
 * The fraction of a second makes `until` the claimer's own: found in the item after a refusal, it is this claim, whose
 * answer was lost. Nobody else would tell it before the lease ends, and a sweep is not repeated until the next night.
 */
async function claim(
  ports: AlertPorts,
  { key, name }: { key: WindowKey; name: string },
): Promise<'mine' | 'told' | 'untold'> {
  for (let look = 1; look <= looksAtClaim; look++) {
    if (look > 1) await ports.clock.sleep(betweenLooksMs)
    const now = Math.floor(ports.clock.now() / 1000)
    const until = now + leaseSeconds + ports.random()
    const answer = await answered(ports, () => ports.budgets.claim(key, name, until, now))
    if (answer.outcome === 'done' || answer.item?.alerts[name] === until) return 'mine'
    if (!answer.item || answer.item.alerts[name] === 'sent') return 'told'
  }
  return 'untold'
}

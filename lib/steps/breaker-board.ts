import type { Clock, Log } from '../core/ports.ts'
import { reasonFor } from '../core/reason.ts'
import type { OpenBreaker, RouteSnapshot, RouteStore } from '../core/routing.ts'

/** How old a snapshot may be before the next request has it read anew. Nobody waits for that. */
export const snapshotMs = 2000
/** A store that did not answer is left alone for so long: until then an environment goes by what it knows itself. */
const deafMs = 5000
/** A probe answers within this time, or somebody else may try. */
const leaseMs = 15_000
/** An entry that nobody has asked for since it ran out: its deployment, or its model, has no traffic any more. */
const forgottenMs = 600_000

/** `told`: when the store had it. Absent: this environment alone knows of it, because the store did not answer, or has not yet. */
type Known = OpenBreaker & { told?: number }

/** Which breakers are open, as far as this environment knows, and its share in what all of them know together. */
export type BreakerBoard = {
  get(key: string): OpenBreaker | undefined
  open(key: string, entry: OpenBreaker): void
  close(key: string): void
  /** True: this environment may send the one probe. The only call that waits for the store. */
  claim(key: string): Promise<boolean>
  statistics(): RouteSnapshot['statistics']
  /** Has the snapshot read anew where it is old. */
  look(): void
  flushed(): Promise<void>
}

export type BoardPorts = { clock: Clock; log: Log; routes?: RouteStore | undefined; by: string }

export function breakerBoard({ clock, log, routes, by }: BoardPorts): BreakerBoard {
  const known = new Map<string, Known>()
  const running = new Set<Promise<void>>()
  let statistics: RouteSnapshot['statistics'] = {}
  let readAt = -Infinity
  let deafUntil = -Infinity

  const store = () => (clock.now() < deafUntil ? undefined : routes)

  /** Runs beside the requests. A store that does not answer is no reason to fail one. */
  function begin(work: () => Promise<void>): void {
    const run = work()
      .catch(deaf)
      .finally(() => running.delete(run))
    running.add(run)
  }

  function deaf(error: unknown): void {
    deafUntil = clock.now() + deafMs
    log('warn', 'the shared state of routing does not answer: this environment goes by its own', {
      error: reasonFor(error),
    })
  }

  /** What this environment has not been able to tell stands beside what the others have told. */
  function merge(snapshot: RouteSnapshot, askedAt: number): void {
    statistics = snapshot.statistics
    for (const [key, entry] of known)
      if (entry.told !== undefined && entry.told < askedAt && !snapshot.open[key]) known.delete(key)
    for (const [key, entry] of Object.entries(snapshot.open)) {
      const own = known.get(key)
      const ours = own && (own.told === undefined || own.told >= askedAt) && own.until > entry.until
      if (!ours && entry.until > clock.now() - forgottenMs) known.set(key, { ...entry, told: askedAt })
    }
  }

  return {
    get: (key) => known.get(key),
    open(key, entry) {
      known.set(key, entry)
      const shared = store()
      if (!shared) return
      begin(async () => {
        const snapshot = await shared.open(key, entry)
        const own = known.get(key)
        if (own?.since === entry.since) own.told = clock.now()
        merge(snapshot, clock.now())
      })
    },
    close(key) {
      const entry = known.get(key)
      known.delete(key)
      const shared = store()
      if (entry && shared) begin(() => shared.close(key, entry.since))
    },
    async claim(key) {
      const entry = known.get(key)
      if (!entry) return false
      const now = clock.now()
      const lease = { by, until: now + leaseMs }
      const before = entry.lease
      // Before anything is waited for: of the requests that run here at once, one asks.
      entry.lease = lease
      const shared = store()
      if (!shared || entry.told === undefined) return true
      try {
        const answer = await shared.claim(key, { since: entry.since, now, ...lease })
        if (!answer.mine) {
          if (before) entry.lease = before
          else delete entry.lease
        }
        merge(answer.snapshot, clock.now())
        return answer.mine
      } catch (error) {
        deaf(error)
        return true
      }
    },
    statistics: () => statistics,
    look() {
      const now = clock.now()
      const shared = store()
      if (!shared || now - readAt < snapshotMs) return
      readAt = now
      begin(async () => merge(await shared.read(), now))
    },
    async flushed() {
      await Promise.all(running)
    },
  }
}

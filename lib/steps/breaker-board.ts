import type { Clock, Log } from '../core/ports.ts'
import { reasonFor } from '../core/reason.ts'
import type { OpenBreaker, RouteSnapshot, RouteStore } from '../core/routing.ts'

/** How old a snapshot may be before the next request has it read anew. Nobody waits for that. */
const snapshotMs = 2000
/** A store that did not answer is left alone for so long: until then an environment goes by what it knows itself. */
const deafMs = 5000
/** A probe answers within this time, or somebody else may try. */
const leaseMs = 15_000
/** An entry that nobody has asked for since it ran out: its deployment, or its model, has no traffic any more. */
const forgottenMs = 600_000
/** Names that a caller can make up have breakers, too (`openai/*`). */
const mostKnown = 2000

/** `told`: when the store had it. Absent: this environment alone knows of it, because the store did not answer, or has not yet. */
type Known = OpenBreaker & { told?: number }

/** Which breakers are open, as far as this environment knows, and its share in what all of them know together. */
export type BreakerBoard = {
  get(key: string): OpenBreaker | undefined
  open(key: string, entry: OpenBreaker): void
  close(key: string): void
  /** True: this environment may send the one probe. The only call that waits for the store. */
  claim(key: string): Promise<boolean>
  /** A probe that never went out: whoever comes next here may send it. */
  waive(key: string): void
  statistics(): RouteSnapshot['statistics']
  rolledBack(): NonNullable<RouteSnapshot['rolledBack']>
  /** Has the snapshot read anew where it is old. */
  look(): void
  flushed(): Promise<void>
}

export type BoardPorts = { clock: Clock; log: Log; routes?: RouteStore | undefined; by: string }

export function breakerBoard({ clock, log, routes, by }: BoardPorts): BreakerBoard {
  const known = new Map<string, Known>()
  const line = sharedLine({ clock, log, routes })
  let statistics: RouteSnapshot['statistics'] = {}
  let rolledBack: NonNullable<RouteSnapshot['rolledBack']> = {}
  let readAt = -Infinity

  function take(snapshot: RouteSnapshot, askedAt: number): void {
    statistics = snapshot.statistics
    rolledBack = snapshot.rolledBack ?? {}
    merge(known, snapshot, { askedAt, now: clock.now() })
  }

  return {
    get: (key) => known.get(key),
    open(key, entry) {
      known.set(key, entry)
      const [oldest] = known.keys()
      if (known.size > mostKnown && oldest !== undefined) known.delete(oldest)
      line.begin(async (shared) => {
        const snapshot = await shared.open(key, entry)
        const own = known.get(key)
        if (own?.since === entry.since) own.told = clock.now()
        take(snapshot, clock.now())
      })
    },
    close(key) {
      const entry = known.get(key)
      known.delete(key)
      if (entry) line.begin((shared) => shared.close(key, entry.since))
    },
    async claim(key) {
      const entry = known.get(key)
      if (!entry) return false
      const now = clock.now()
      const before = entry.lease
      // Before anything is waited for: of the requests that run here at once, one asks.
      entry.lease = { by, until: now + leaseMs }
      const lease = { since: entry.since, now, ...entry.lease }
      const answer = entry.told === undefined ? undefined : await line.ask((shared) => shared.claim(key, lease))
      if (!answer) return true
      if (!answer.mine) entry.lease = before
      take(answer.snapshot, clock.now())
      return answer.mine
    },
    waive(key) {
      const entry = known.get(key)
      if (entry?.lease?.by === by) delete entry.lease
    },
    statistics: () => statistics,
    rolledBack: () => rolledBack,
    look() {
      const now = clock.now()
      if (now - readAt < snapshotMs || line.isDeaf()) return
      readAt = now
      line.begin(async (shared) => take(await shared.read(), now))
    },
    flushed: () => line.flushed(),
  }
}

/** What this environment has not been able to tell stands beside what the others have told. */
function merge(known: Map<string, Known>, { open }: RouteSnapshot, at: { askedAt: number; now: number }): void {
  for (const [key, entry] of known)
    if (entry.told !== undefined && entry.told < at.askedAt && !open[key]) known.delete(key)
  for (const [key, entry] of Object.entries(open)) {
    const own = known.get(key)
    const ours = own && (own.told === undefined || own.told >= at.askedAt) && own.until > entry.until
    if (!ours && entry.until > at.now - forgottenMs) known.set(key, { ...entry, told: at.askedAt })
  }
}

type Shared = {
  /** Nobody is there to be asked, or has not answered a moment ago. */
  isDeaf(): boolean
  /** Runs beside the requests. */
  begin(work: (shared: RouteStore) => Promise<void>): void
  /** Undefined: it did not answer, or is not there. */
  ask<T>(work: (shared: RouteStore) => Promise<T>): Promise<T | undefined>
  flushed(): Promise<void>
}

/** The way to the store. One that does not answer is no reason to fail a request, or to make the next one wait for it. */
function sharedLine({ clock, log, routes }: Omit<BoardPorts, 'by'>): Shared {
  const running = new Set<Promise<void>>()
  let deafUntil = -Infinity
  const isDeaf = () => !routes || clock.now() < deafUntil

  async function ask<T>(work: (shared: RouteStore) => Promise<T>): Promise<T | undefined> {
    if (!routes || isDeaf()) return undefined
    try {
      return await work(routes)
    } catch (error) {
      deafUntil = clock.now() + deafMs
      const reason = reasonFor(error)
      log('warn', 'the shared state of routing does not answer: this environment goes by its own', { error: reason })
      return undefined
    }
  }

  return {
    isDeaf,
    ask,
    begin(work) {
      const run = ask(work).finally(() => running.delete(run))
      running.add(run)
    },
    async flushed() {
      await Promise.all(running)
    },
  }
}

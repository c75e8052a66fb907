import type { Failure } from '../core/failure.ts'
import type { Log } from '../core/ports.ts'
import type { OpenBreaker, RoutingSettings } from '../core/routing.ts'
import type { BreakerBoard } from './breaker-board.ts'
import { counted, opens, restMs, says, type Surroundings, type Tally } from './breaker-rules.ts'

/** Whom to leave alone. `due`: it has rested, and one request may find out whether it is well again. */
export type BreakerState = 'closed' | 'open' | 'due'

/** What a breaker is of: a deployment, by its key, with what the rules want to know of it. */
export type Fuse = Surroundings & { key: string; cooldownMs: number }

export type Breakers = {
  state(key: string): BreakerState
  entry(key: string): OpenBreaker | undefined
  /** The right to probe what is due. */
  claim(key: string): Promise<boolean>
  /** It has answered an attempt that began at `startedAt`. */
  succeeded(fuse: Fuse, startedAt: number): void
  /** `answered`: after it had been counted as one that answers. */
  failed(fuse: Fuse, failure: Failure, turn: { startedAt: number; answered: boolean }): void
  /** It was not asked after all, or nothing can be said of how it answered. */
  untold(fuse: Fuse): void
}

export type BreakerPorts = { now: () => number; log: Log }

/** Names that a caller can make up are counted, too (`openai/*`): the oldest are forgotten first. */
const mostTallies = 2000

/** What this environment has seen of each deployment; the oldest are forgotten first. */
function tallyBook(now: () => number) {
  const tallies = new Map<string, Tally>()
  return {
    /** `known`: after it had been counted as one that answers. */
    count: ({ key, cooldownMs }: Fuse, failure?: Failure, known = false): Tally => {
      const tally = counted(tallies.get(key), failure, { now: now(), cooldownMs, attempts: known ? 0 : 1 })
      tallies.delete(key)
      tallies.set(key, tally)
      const [oldest] = tallies.keys()
      if (tallies.size > mostTallies && oldest !== undefined) tallies.delete(oldest)
      return tally
    },
    forget: (key: string) => tallies.delete(key),
  }
}

/** The circuit breakers of one environment: its own counts, and the board that all environments share. */
export function breakers(settings: RoutingSettings, board: BreakerBoard, ports: BreakerPorts): Breakers {
  const { now, log } = ports
  const { count, forget } = tallyBook(now)

  function open({ key, cooldownMs }: Fuse, failure: Failure): void {
    const since = now()
    const trips = (board.get(key)?.trips ?? 0) + 1
    const restsMs = restMs(failure, trips, cooldownMs)
    forget(key)
    board.open(key, { since, until: since + restsMs, trips, kind: failure.kind, status: failure.status })
    const { kind: reason, status } = failure
    log('warn', 'a deployment is left alone after failures', {
      deployment: key,
      reason,
      status,
      trips,
      rests_ms: restsMs,
    })
  }

  function succeeded(fuse: Fuse, startedAt: number): void {
    count(fuse)
    const entry = board.get(fuse.key)
    // Whoever began before it was opened says nothing of how it is now.
    if (!entry || startedAt < entry.since) return
    forget(fuse.key)
    board.close(fuse.key)
    log('info', 'a deployment that was left alone answers again', { deployment: fuse.key })
  }

  return {
    state(key) {
      const entry = board.get(key)
      if (!entry) return 'closed'
      return now() < Math.max(entry.until, entry.lease?.until ?? 0) ? 'open' : 'due'
    },
    entry: (key) => board.get(key),
    claim: (key) => board.claim(key),
    succeeded,
    untold: ({ key }) => board.waive(key),
    failed(fuse, failure, { startedAt, answered }) {
      const meaning = says[failure.kind]
      if (meaning === 'nothing') return board.waive(fuse.key)
      if (meaning === 'alive' || (meaning === 'not_found' && fuse.wildcard)) return succeeded(fuse, startedAt)
      const tally = count(fuse, failure, answered)
      if (settings.disableCooldowns || fuse.cooldownMs === 0) return
      const entry = board.get(fuse.key)
      const probe = entry !== undefined && startedAt >= entry.until
      if (entry && !probe) return
      if (probe || opens(failure, tally, fuse)) open(fuse, failure)
    },
  }
}

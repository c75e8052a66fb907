import type { Failure } from '../core/failure.ts'
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
  failed(fuse: Fuse, failure: Failure, startedAt: number): void
}

/** Names that a caller can make up are counted, too (`openai/*`): the oldest are forgotten first. */
const mostTallies = 2000

/** The circuit breakers of one environment: its own counts, and the board that all environments share. */
export function breakers(settings: RoutingSettings, board: BreakerBoard, now: () => number): Breakers {
  const tallies = new Map<string, Tally>()

  function count({ key, cooldownMs }: Fuse, failure: Failure | undefined): Tally {
    const tally = counted(tallies.get(key), failure, { now: now(), cooldownMs })
    tallies.delete(key)
    tallies.set(key, tally)
    const [oldest] = tallies.keys()
    if (tallies.size > mostTallies && oldest !== undefined) tallies.delete(oldest)
    return tally
  }

  function open({ key, cooldownMs }: Fuse, failure: Failure): void {
    const since = now()
    const trips = (board.get(key)?.trips ?? 0) + 1
    const until = since + restMs(failure, trips, cooldownMs)
    tallies.delete(key)
    board.open(key, { since, until, trips, kind: failure.kind, status: failure.status })
  }

  function succeeded(fuse: Fuse, startedAt: number): void {
    count(fuse, undefined)
    const entry = board.get(fuse.key)
    // Whoever began before it was opened says nothing of how it is now.
    if (!entry || startedAt < entry.since) return
    tallies.delete(fuse.key)
    board.close(fuse.key)
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
    failed(fuse, failure, startedAt) {
      const meaning = says[failure.kind]
      if (meaning === 'nothing') return
      if (meaning === 'alive' || (meaning === 'not_found' && fuse.wildcard)) return succeeded(fuse, startedAt)
      const tally = count(fuse, failure)
      if (settings.disableCooldowns || fuse.cooldownMs === 0) return
      const entry = board.get(fuse.key)
      const probe = entry !== undefined && startedAt >= entry.until
      if (entry && !probe) return
      if (probe || opens(failure, tally, { ...fuse, settings })) open(fuse, failure)
    },
  }
}

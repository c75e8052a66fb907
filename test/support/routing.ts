import type { Config } from '../../lib/core/config.ts'
import type { Failure, FailureKind } from '../../lib/core/failure.ts'
import type { RouteStore } from '../../lib/core/routing.ts'
import type { Candidate } from '../../lib/steps/choose.ts'
import { type RoutedTask, type Routing, routing } from '../../lib/steps/routing.ts'

/** Saturday, 2026-11-21 12:00 UTC. */
export const noon = Date.UTC(2026, 10, 21, 12)

/** A clock that only the test moves. */
export function handClock(at = noon) {
  let now = at
  return { now: () => now, sleep: async () => {}, pass: (ms: number) => void (now += ms) }
}

export type HandClock = ReturnType<typeof handClock>

export const failure = (kind: FailureKind, over: Partial<Failure> = {}): Failure => ({
  kind,
  status: 0,
  message: 'scripted',
  mayHaveCost: false,
  ...over,
})

/** The part of a request that routing looks at. */
export const taskOf = (tokens = 30, stream = true): RoutedTask => ({
  stream,
  boundsWith: () => ({ inputTokens: tokens, choices: 1 }),
})

export const candidatesOf = (config: Config, group?: string): Candidate[] =>
  config.deployments
    .filter((one) => group === undefined || one.group === group)
    .map((deployment) => ({ deployment, model: deployment.model }))

/** One environment: what a request does with routing, without a request. */
export function environment(
  config: Config,
  { clock, routes, random = Math.random }: { clock: HandClock; routes?: RouteStore; random?: () => number },
) {
  const logged: string[] = []
  const log = (level: string, message: string) => void logged.push(`${level} ${message}`)
  const one = routing(config, { clock, random, log, ...(routes && { routes }) })
  const all = candidatesOf(config)
  const idsOf = (list: readonly Candidate[]) => list.map(({ deployment }) => deployment.id)
  const find = (id: string): Candidate => all.find(({ deployment }) => deployment.id === id) ?? missing(id)
  return {
    routing: one,
    logged,
    candidates: async (tier = all, task = taskOf()) => idsOf(await one.candidates(tier, task)),
    /** One attempt, over at once. */
    attempt(id: string, failed?: Failure, ms = 100) {
      const turn = one.started(find(id), taskOf())
      if (!failed) turn.answered(ms)
      turn.ended(failed ? { failure: failed } : { tokens: 10 })
    },
    start: (id: string) => one.started(find(id), taskOf()),
    refusal: (tier = all) => one.refusal(tier),
    look: () => one.look(),
    flushed: () => one.flushed(),
  }
}

export type Environment = ReturnType<typeof environment> & { routing: Routing }

function missing(id: string): never {
  throw new Error(`no deployment ${id}`)
}

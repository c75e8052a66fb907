import { newAttemptId } from '../core/attempt-id.ts'
import { trialKey } from '../core/canary.ts'
import type { Config } from '../core/config.ts'
import type { Deployment } from '../core/deployment.ts'
import type { Failure } from '../core/failure.ts'
import type { GatewayPorts } from '../core/ports.ts'
import { defaultRouting, type RoutingSettings } from '../core/routing.ts'
import { breakerBoard } from './breaker-board.ts'
import { type Breakers, breakers, type Fuse } from './breaker.ts'
import type { Candidate } from './choose.ts'
import { type Gauges, routingGauges } from './routing-gauges.ts'
import { refusalOf } from './routing-refusal.ts'
import { needsTokens, ordered } from './strategy.ts'
import type { Task } from './task.ts'

/** How an attempt went, for routing. Without a failure: it answered, or nothing can be said. */
export type TurnOutcome = { failure?: Failure; tokens?: number }

/** One attempt on a deployment, from its start to its end. Every call may be repeated; after `ended` none has an effect. */
export type Turn = {
  /** It answers: the first content of a stream is here, or the whole reply, after `ms`. From here on the deployment counts as healthy. */
  answered(ms: number): void
  ended(outcome: TurnOutcome): void
}

/** What of a request decides it. */
export type RoutedTask = Pick<Task, 'stream' | 'boundsWith'>

/**
 * Who is asked, in which order, and who is left alone: one per environment, made with the flow. What it knows of other
 * environments is a snapshot that is refreshed while requests run, and never waited for.
 */
export type Routing = {
  /** Has an old snapshot read anew, at most once in two seconds, beside whatever else is going on. */
  look(): void
  /**
   * The candidates of a tier that may be asked now, the one to ask first in front. Where a breaker is due for a probe, at most
   * one of the tier comes with the right to it (the one wait there is here: a conditional write), and stands first.
   */
  candidates(tier: readonly Candidate[], task: RoutedTask): Promise<Candidate[]>
  /** True while the candidate is to be left alone. Of no consequence for a retry that the same request has already decided on. */
  isOpen(candidate: Candidate): boolean
  /** True for a canary that did worse than its baseline, at the share that the config gives it. */
  isRolledBack(deployment: Deployment): boolean
  /** Why `candidates` gave none: the last reason, and when it makes sense to come back. */
  refusal(tier: readonly Candidate[]): Failure
  started(candidate: Candidate, task: RoutedTask): Turn
  /** What one answer in twenty of the deployment is later than, in milliseconds; undefined: too little is known. */
  p95(candidate: Candidate, task: RoutedTask): number | undefined
  /** Resolves once everything that was begun is written or given up. Never rejects. Before a frozen environment returns. */
  flushed(): Promise<void>
}

export type RoutingPorts = Pick<GatewayPorts, 'clock' | 'random' | 'log' | 'routes'>

/** With a single model there is nobody to turn to: what is known of it stays in the process, and costs no read. */
const isShared = ({ deployments }: Config): boolean =>
  deployments.length > 1 || deployments.some(({ model }) => model.includes('*'))

export function routing(config: Config, ports: RoutingPorts): Routing {
  const { clock, random, log } = ports
  const settings = config.routing ?? defaultRouting
  const by = newAttemptId(clock.now(), random)
  const board = breakerBoard({ clock, log, by, routes: isShared(config) ? ports.routes : undefined })
  const fuses = breakers(settings, board, { now: clock.now, log })
  const gauges = routingGauges(settings, { clock, statistics: () => board.statistics() })
  const fuseOf = fuseFinder(config, settings, (key) => fuses.state(key) === 'closed')
  return {
    look: () => board.look(),
    async candidates(tier, task) {
      board.look()
      const tokens = needsTokens(settings) ? Math.ceil(task.boundsWith({}).inputTokens / bytesPerToken) : 0
      const gauge = ({ deployment }: Candidate) => gauges.gauge(deployment.id, task.stream)
      const closed = tier.filter((candidate) => fuses.state(keyOf(candidate)) === 'closed')
      const healthy = ordered(closed, { settings, random, tokens, gauge })
      const due = closed.length === tier.length ? [] : tier.filter((one) => fuses.state(keyOf(one)) === 'due')
      const probe = due[Math.floor(random() * due.length)]
      return probe && (await fuses.claim(keyOf(probe))) ? [probe, ...healthy] : healthy
    },
    isOpen: (candidate) => fuses.state(keyOf(candidate)) !== 'closed',
    isRolledBack: (deployment) => board.rolledBack()[trialKey(deployment)] !== undefined,
    refusal: (tier) =>
      refusalOf(
        tier.flatMap((candidate) => fuses.entry(keyOf(candidate)) ?? []),
        clock.now(),
      ),
    started: (candidate, { stream }) =>
      turnOf({ fuses, gauges, now: clock.now }, { fuse: fuseOf(candidate), id: candidate.deployment.id, stream }),
    p95: ({ deployment }, { stream }) => gauges.p95(deployment.id, stream),
    flushed: () => board.flushed(),
  }
}

/** Of what a bound counts as tokens: it counts bytes. */
const bytesPerToken = 3

/** What a breaker is of. Behind a star every model has one of its own, since providers limit and lose them one by one. */
function keyOf({ deployment, model }: Candidate): string {
  return deployment.model.includes('*') ? `${deployment.id} ${model.slice(0, longestModel)}` : deployment.id
}
const longestModel = 100

/** What the rules want to know of a candidate: its own settings before the gateway's, and who else there is. */
function fuseFinder(config: Config, settings: RoutingSettings, isClosed: (key: string) => boolean) {
  const groups = Map.groupBy(config.deployments, ({ group }) => group)
  return (candidate: Candidate): Fuse => {
    const { id, group, model, cooldownMs, allowedFails, allowedFailsPolicy } = candidate.deployment
    const others = (groups.get(group) ?? []).filter((one) => one.id !== id)
    const fallbacks = config.fallbacks[group] ?? config.fallbacks['*'] ?? config.defaultFallbacks
    return {
      key: keyOf(candidate),
      cooldownMs: cooldownMs ?? settings.cooldownMs,
      allowedFails: allowedFails ?? settings.allowedFails,
      allowedFailsPolicy: allowedFailsPolicy ?? settings.allowedFailsPolicy,
      alone: others.length === 0,
      // Behind a star each model has breakers of its own, under names that are not known here: they count as closed.
      elsewhere: () => fallbacks.length > 0 || others.some((other) => isClosed(other.id)),
      wildcard: model.includes('*'),
    }
  }
}

type Asked = { fuse: Fuse; id: string; stream: boolean }
type TurnPorts = { fuses: Breakers; gauges: Gauges; now: () => number }

function turnOf({ fuses, gauges, now }: TurnPorts, { fuse, id, stream }: Asked): Turn {
  const startedAt = now()
  let state: 'asked' | 'answered' | 'over' = 'asked'
  gauges.started(id)
  return {
    answered(ms) {
      if (state !== 'asked') return
      state = 'answered'
      gauges.answered(id, ms, stream)
      fuses.succeeded(fuse, startedAt)
    },
    ended({ failure, tokens = 0 }) {
      if (state === 'over') return
      gauges.ended(id, tokens)
      if (failure) fuses.failed(fuse, failure, { startedAt, answered: state === 'answered' })
      else if (state === 'asked') fuses.untold(fuse)
      state = 'over'
    },
  }
}

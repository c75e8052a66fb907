import type { Config } from '../core/config.ts'
import type { Failure } from '../core/failure.ts'
import type { GatewayPorts } from '../core/ports.ts'
import { type Candidate, pick } from './choose.ts'
import type { Job } from './job.ts'

/** How an attempt went, for routing. Without a failure: it answered. */
export type TurnOutcome = { failure?: Failure; tokens?: number }

/** One attempt on a deployment, from its start to its end. Every call may be repeated; after `ended` none has an effect. */
export type Turn = {
  /** It answers: the first content of a stream is here, or the whole reply. From here on the deployment counts as healthy. */
  answered(): void
  ended(outcome: TurnOutcome): void
}

/**
 * Who is asked, in which order, and who is left alone: one per environment, made with the flow. What it knows of other
 * environments is a snapshot that is refreshed while requests run, and never waited for.
 */
export type Routing = {
  /**
   * The candidates of a tier that may be asked now, the one to ask first in front. Where a breaker is due for a probe, at most
   * one of the tier comes with the right to it (the one wait there is here: a conditional write), and stands first.
   */
  candidates(tier: readonly Candidate[], job: Job): Promise<Candidate[]>
  /** True while the candidate is to be left alone. Of no consequence for a retry that the same request has already decided on. */
  isOpen(candidate: Candidate): boolean
  /** Why `candidates` gave none: the last reason, and when it makes sense to come back. */
  refusal(tier: readonly Candidate[]): Failure
  started(candidate: Candidate, job: Job): Turn
  /** Resolves once everything that was begun is written or given up. Never rejects. Before a frozen environment returns. */
  flushed(): Promise<void>
}

export type RoutingPorts = Pick<GatewayPorts, 'clock' | 'random' | 'log' | 'routes'>

export function routing(_config: Config, ports: RoutingPorts): Routing {
  return {
    candidates: async (tier) => {
      const rest = [...tier]
      const ordered: Candidate[] = []
      for (let next = pick(rest, ports.random); next; next = pick(rest, ports.random)) {
        ordered.push(next)
        rest.splice(rest.indexOf(next), 1)
      }
      return ordered
    },
    isOpen: () => false,
    refusal: () => ({ kind: 'overloaded', status: 0, message: 'No deployment can be asked now.', mayHaveCost: false }),
    started: () => ({ answered() {}, ended() {} }),
    flushed: async () => {},
  }
}

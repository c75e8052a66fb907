import type { AttemptId, BudgetScope } from '../core/budget.ts'
import type { Config } from '../core/config.ts'
import type { Deployment } from '../core/deployment.ts'
import type { FailureKind } from '../core/failure.ts'
import type { Call } from '../core/http.ts'
import type { FetchMedia, GatewayPorts } from '../core/ports.ts'
import type { RequestLine } from '../core/request-line.ts'
import type { KeptSeal } from '../core/seals.ts'
import type { LookEvent, SpendEvent } from '../core/spend-event.ts'
import type { StreamReader } from '../dialects/dialect.ts'
import type { Admission } from './admit.ts'
import type { Caller } from './authenticate.ts'
import type { RecordCache } from './record-cache.ts'
import type { Routing, Turn } from './routing.ts'
import type { Task } from './task.ts'

/** An attempt that failed, and whether it left no answer or half of one. */
export type TriedOnce = { deployment: Deployment; kind: FailureKind; tookMs: number }

/** What can be said in the client's tongue without an answer: an error event, and a sign of life. */
export type Voice = Pick<StreamReader, 'fail' | 'beat'>

/** One request on its way: what it may use, what it has already cost, and what it holds. */
export type Job = {
  config: Config
  ports: GatewayPorts
  cache: RecordCache
  routing: Routing
  call: Call
  caller: Caller
  task: Task
  /** Every budget it counts against. */
  scopes: BudgetScope[]
  /** Somebody else could be asked if the present attempt stays silent. */
  spare?: boolean
  /** Milliseconds since 1970: the request's own end. */
  deadline: number
  tally: { attempts: number; retries: number; fallbacks: number; upstreamMs: number }
  /** Dialects that hosts turned out not to speak (`deployment dialect`): the process remembers them. */
  unspoken: Set<string>
  /** Copies of requests (`silent_model`) that the process has under way. */
  copies: { running: number }
  /** What its line in the log will say. */
  line: RequestLine
  /** Every attempt that failed, in order. */
  tried: TriedOnce[]
  /** How the client is spoken to while its answer is held back; undefined before an attempt whose answer is. */
  voice?: (() => Voice) | undefined
  /** Held for an attempt that surely cost nothing: the next one may use it. */
  unused?: Admission
  /** Attempts that are over and may have been billed, for the bus; `tight`: their budget is nearly used up. */
  closed: { event: SpendEvent; tight: boolean }[]
  looks: LookEvent[]
  /** What was fetched of the request, by address: attempts share it. */
  media: Map<string, ReturnType<FetchMedia>>
  /** Sealed reasoning of its answers, to be kept for the turn after. */
  sealed: KeptSeal[]
  /** Attempts that answered, by their ids, until routing was told how they ended. */
  turns: Map<AttemptId, Turn>
  /** What was begun beside the answer and must end before the request's money is settled: a hedge that lost. Never rejects. */
  beside: Promise<void>[]
  /** A copy that nobody waits for: what it costs is marked as such. */
  shadow?: true
  /** A request is hedged once at most. */
  hedged?: true
}

/** The scopes of a caller that have a budget, hard or soft. All of them bind: a hard budget is hard whichever way a key is grouped. */
export function scopesOf(caller: Caller, trackEveryAttempt: boolean): BudgetScope[] {
  const records = [caller.key, caller.team, caller.user, caller.global]
  return records.flatMap((record) => {
    if (!record) return []
    const { terms, kind, id } = record
    const counted = terms.limit !== undefined || terms.soft !== undefined || (trackEveryAttempt && kind === 'key')
    return counted ? [{ kind, id, label: record.alias ?? (record.kind === 'key' ? record.name : id), terms }] : []
  })
}

/** One of them has a limit: nothing may be sent whose worst case is not held. */
export const isHard = (scopes: readonly BudgetScope[]): boolean =>
  scopes.some((scope) => scope.terms.limit !== undefined)

import { asGatewayError, GatewayError } from '../core/errors.ts'
import { reasonFor } from '../core/reason.ts'
import { releaseHolds } from './admit.ts'
import { attempt } from './attempt.ts'
import { eventOf } from './event.ts'
import { type Candidate, pick } from './choose.ts'
import { eligible } from './eligible.ts'
import { failed } from './failed.ts'
import { hold } from './hold.ts'
import { type Job, scopesOf } from './job.ts'
import { groupOf } from './models.ts'
import { stepper } from './reading.ts'
import type { Answered } from './send.ts'
import { settle } from './settle.ts'
import { hostTermsOf } from './host-terms.ts'

/** Copies of one process that run at once; what comes then is not copied. Each holds its request's body in memory. */
const mostAtOnce = 8
/** Nobody waits for a copy, but a function is paid for until it has ended. */
const longestMs = 120_000
/** With less time than this left it is not worth the beginning. */
const shortestMs = 5000

/**
 * Sends one request a second time, to another group, and books what it cost under the mark `shadow`. One attempt, no retries:
 * what it finds out about a deployment opens no breaker for those who wait. It has a hold of its own on every budget of the
 * caller's, and where little would be left for others it is not sent. Never rejects.
 */
export async function sendCopy(job: Job, model: string): Promise<void> {
  const { log } = job.ports
  if (job.copies.running >= mostAtOnce) return
  job.copies.running++
  const own = copyOf(job)
  try {
    const candidate = await candidateOf(own, model)
    if (candidate && own.deadline - job.ports.clock.now() >= shortestMs) await send(own, candidate, model)
  } catch (error) {
    const { code } = asGatewayError(error)
    log('info', 'a shadow copy was not sent', { request_id: job.call.requestId, model, code, error: reasonFor(error) })
  } finally {
    own.looks.length = 0
    await settle(own)
    job.copies.running--
  }
}

/** The request again, with nothing of what its first way through has left behind. */
function copyOf({ unused: _unused, voice: _voice, ...job }: Job): Job {
  const { left: _left, ...call } = job.call
  const { config, caller, task, ports } = job
  return {
    ...job,
    call,
    // No money is waited for: who waits is in the way of others.
    config: { ...config, budgetWaitMs: 0, streamRecovery: 'error' },
    task: { ...task, wishes: { disableFallbacks: true } },
    scopes: scopesOf(caller, config.trackEveryAttempt),
    deadline: Math.min(ports.clock.now() + Math.min(longestMs, config.totalTimeoutMs), call.deadline ?? Infinity),
    tally: { attempts: 0, retries: 0, fallbacks: 0, upstreamMs: 0 },
    line: { ...job.line },
    closed: [],
    looks: [],
    tried: [],
    turns: new Map(),
    beside: [],
    shadow: true,
  }
}

/** One of those that may serve the request (its region, its tags) and that no breaker keeps from being asked. */
async function candidateOf(job: Job, model: string): Promise<Candidate | undefined> {
  const group = groupOf(job.config, job.config.aliases[model]?.model ?? model)
  const chosen = group && (await eligible(job, group, () => true))
  if (!chosen || 'failure' in chosen) return undefined
  const ready = chosen.tiers.flat().filter((candidate) => !job.routing.isOpen(candidate))
  return pick(ready, job.ports.random)
}

async function send(job: Job, candidate: Candidate, group: string): Promise<void> {
  const { deployment, model } = candidate
  const admission = await hold(job, await hostTermsOf(job, deployment, model), group)
  if (admission.tight) {
    await releaseHolds(job.ports, admission)
    throw new GatewayError('budget_exceeded', { cause: 'little is left, and that is for requests somebody waits for' })
  }
  // The attempt takes it over.
  job.unused = admission
  const tried = await attempt(job, candidate, group)
  if ('failure' in tried) failed(job, tried, { deployment, kind: tried.failure.kind, tookMs: 0 })
  else await finish(job, tried.answered)
}

/** Takes the answer to its end, and keeps nothing of it but what it cost. */
async function finish(job: Job, answered: Answered): Promise<void> {
  let whole = answered.kind === 'whole'
  try {
    if (answered.kind === 'stream') whole = await drained(job, answered)
  } finally {
    answered.dog.stop()
    if (answered.kind === 'stream') await answered.rest.return?.().catch(() => {})
    book(job, answered, whole)
  }
}

/** Whether it came to its end. */
async function drained(job: Job, stream: Extract<Answered, { kind: 'stream' }>): Promise<boolean> {
  const next = stepper(stream, job.config.idleTimeoutMs, job.ports.clock.now)
  for (let { finished } = stream.head; !finished;) {
    const step = await next()
    if (step.failure) return false
    finished = step.finished
  }
  return true
}

function book(job: Job, answered: Answered, whole: boolean): void {
  const { attempt: current } = answered
  const seen = answered.kind === 'stream' ? answered.reader.seen : answered.seen
  const ending = { outcome: whole ? ('completed' as const) : ('partial' as const), status: 200, seen }
  const event = eventOf(job, current, { ...ending, endedAt: job.ports.clock.now() })
  job.closed.push({ event, tight: current.admission.tight })
}

import type { Config } from '../core/config.ts'
import type { Call, Reply } from '../core/http.ts'
import type { GatewayPorts } from '../core/ports.ts'
import { reasonFor } from '../core/reason.ts'
import type { RequestLine } from '../core/request-line.ts'
import type { Answered } from '../steps/send.ts'
import type { Caller } from '../steps/authenticate.ts'
import { eventOf } from '../steps/event.ts'
import { failover } from '../steps/failover.ts'
import { type Job, scopesOf } from '../steps/job.ts'
import type { Task } from '../steps/task.ts'
import { checkAccess, groupOf, resolveAlias, unknownModel } from '../steps/models.ts'
import type { RecordCache } from '../steps/record-cache.ts'
import type { Routing } from '../steps/routing.ts'
import { noteSpend, noteTally, noteTask } from '../steps/request-facts.ts'
import { wishedRecovery } from '../steps/recovery.ts'
import { settle } from '../steps/settle.ts'
import { copying } from '../steps/shadow.ts'
import { answerHeaders, thrownReply } from './headers.ts'
import { heldReply, mayHold } from './held.ts'
import { streamReply } from './streaming.ts'

/** `line`: what this one request's line in the log will say. */
export type Machine = {
  config: Config
  ports: GatewayPorts
  cache: RecordCache
  routing: Routing
  /** Dialects that hosts turned out not to speak. */
  unspoken: Set<string>
  copies: Job['copies']
  line: RequestLine
}

/** The story of every paid request: may this caller use this model, who answers, and what did it cost. */
export async function complete(machine: Machine, call: Call, caller: Caller, task: Task): Promise<Reply> {
  const { config } = machine
  const resolved = resolveAlias(config, caller, task.model)
  if (!groupOf(config, resolved)) throw unknownModel(task.model)
  noteTask(machine.line, task)
  checkAccess(caller, { requested: task.model, resolved })
  wishedRecovery(call) // a wish that cannot be read is refused before anything is paid for
  const job = jobOf(machine, call, { caller, task })
  return copying(job, (answered) => answer(job, resolved, answered))
}

async function answer(job: Job, resolved: string, told: (answered: Answered) => void): Promise<Reply> {
  try {
    const answering = failover(job, resolved).finally(() => noteTally(job.line, job.tally))
    void answering.then(told, () => {})
    const begun = mayHold(job) ? await heldReply(job, answering) : undefined
    if (begun) return begun
    const answered = await answering
    const reply = answered.kind === 'stream' ? streamReply(job, answered) : await wholeReply(job, answered)
    return job.config.captureMessageContent ? await overheard(job, answered, reply) : reply
  } catch (error) {
    // A request without an answer: its attempts are booked like any other's, then the caller learns why.
    return closing(job, thrownReply(job.ports.log, job.line, error))
  }
}

/** An answer that is there is not lost because nobody can listen to it. */
async function overheard(job: Job, answered: Answered, reply: Reply): Promise<Reply> {
  try {
    return (await import('./capture.ts')).captured(job, answered, reply)
  } catch (error) {
    job.ports.log('warn', 'content could not be told to telemetry', {
      request_id: job.call.requestId,
      reason: reasonFor(error),
    })
    return reply
  }
}

function jobOf(
  { config, ports, cache, routing, unspoken, copies, line }: Machine,
  call: Call,
  { caller, task }: Pick<Job, 'caller' | 'task'>,
): Job {
  return {
    config,
    ports,
    cache,
    routing,
    unspoken,
    copies,
    call,
    caller,
    task,
    scopes: scopesOf(caller, config.trackEveryAttempt),
    deadline: Math.min(call.receivedAt + config.totalTimeoutMs, call.deadline ?? Infinity),
    tally: { attempts: 0, retries: 0, fallbacks: 0, upstreamMs: 0 },
    line,
    closed: [],
    looks: [],
    media: new Map(),
    sealed: [],
    tried: [],
    turns: new Map(),
    beside: [],
  }
}

async function wholeReply(job: Job, answered: Extract<Answered, { kind: 'whole' }>): Promise<Reply> {
  const { attempt, seen, body } = answered
  const event = eventOf(job, attempt, { outcome: 'completed', status: 200, seen, endedAt: job.ports.clock.now() })
  job.closed.push({ event, tight: attempt.admission.tight })
  const contentType = answered.contentType ?? 'application/json'
  const headers = { 'content-type': contentType, ...answerHeaders(job, answered, event.cost) }
  return closing(job, { status: 200, headers, body })
}

/** Settles before the reply leaves, or after it, as the door can promise (ports). */
async function closing(job: Job, reply: Reply): Promise<Reply> {
  noteSpend(
    job.line,
    job.closed.map(({ event }) => event),
  )
  if (!job.ports.publishBeforeEnd) return { ...reply, done: () => settle(job) }
  await settle(job)
  return reply
}

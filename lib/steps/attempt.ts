import { GatewayError } from '../core/errors.ts'
import type { Failure } from '../core/failure.ts'
import type { UpstreamReply } from '../core/ports.ts'
import { UpstreamTrouble } from '../core/ports.ts'
import { toDollars, costOf } from '../core/money.ts'
import { secretValue } from '../config/secrets.ts'
import type { Exchange, Seen, StreamReader } from '../dialects/dialect.ts'
import { address } from '../providers/address.ts'
import { providerOf } from '../providers/rows.ts'
import type { Attempt } from './charge.ts'
import type { Candidate } from './choose.ts'
import { whoOf } from './charge.ts'
import { hold } from './hold.ts'
import { isHard, type Job } from './job.ts'
import { firstPiece, readAll, type StreamHead } from './reading.ts'
import { termsOf } from './terms.ts'
import { type GivenUp, type Watchdog, watchdog } from './watchdog.ts'

/** An answer that is known to be one: whole, or a stream whose first content is here. Nothing of it has been sent yet. */
export type Answered = {
  attempt: Attempt
  dog: Watchdog
  upstreamHeaders: Record<string, string>
  apiBase: string
  dropped: string[]
} & (
  | { kind: 'whole'; body: Uint8Array | string; seen: Seen }
  | { kind: 'stream'; reader: StreamReader; head: StreamHead; rest: AsyncIterator<Uint8Array> }
)

export type Tried = { answered: Answered } | { failure: Failure; attempt: Attempt; seen?: Seen }

const errorBytes = 65_536
const errorBodyMs = 5000

/**
 * One attempt on one deployment, up to its first content: hold, note, send, read. What it throws (no budget, a parameter
 * the dialect cannot say) is the request's end; what it returns as a failure is routing's to judge.
 */
export async function attempt(job: Job, candidate: Candidate, group: string): Promise<Tried> {
  const { ports, task } = job
  const { deployment, model } = candidate
  const provider = providerOf(deployment.provider)
  if (!provider) throw new GatewayError('internal', { cause: `no provider row ${deployment.provider}` })
  const terms = termsOf(job, deployment, model)
  const admission = await hold(job, terms, task.model)
  const current: Attempt = { admission, terms, deployment, provider, model, group, startedAt: ports.clock.now() }
  job.unused = admission // until something goes upstream: whoever throws from here on, the hold is given back
  const exchange = bind(job, current)
  const target = await targetOf(current, job)
  delete job.unused
  const dog = limits(job, current)
  ports.notes.write({
    id: admission.id,
    at: current.startedAt,
    request_id: job.call.requestId,
    ...whoOf(job),
    model: task.model,
    deployment_id: deployment.id,
    provider: provider.id,
    holds: admission.holds,
  })
  const tried = await send(job, current, { exchange, target, dog })
  if ('failure' in tried) dog.stop()
  job.tally.upstreamMs += ports.clock.now() - current.startedAt
  return tried
}

function bind(job: Job, { admission, deployment, provider, model, terms, group }: Attempt): Exchange {
  const { task, config } = job
  const { price } = terms
  const send =
    isHard(job.scopes) &&
    task.kind === 'chat' &&
    (admission.clamped || terms.injected || terms.bounds.outputCap !== undefined)
  const shown = job.tally.fallbacks ? group : task.model
  return task.bind(provider, {
    upstreamModel: model,
    publicModel: shown === model ? undefined : shown,
    params: deployment.params,
    flags: provider.flags,
    ...(send && { outputCap: admission.cap }),
    maxOutputTokens: admission.holds.length ? admission.cap : terms.maxOutput,
    dropParams: deployment.dropParams ?? config.dropParams,
    additionalDropParams: deployment.additionalDropParams,
    dollars: (usage) => (price ? toDollars(costOf(price, usage)) : undefined),
    requestId: job.call.requestId,
    now: job.ports.clock.now(),
  })
}

type Target = { url: string; headers: Record<string, string>; base: string }

async function targetOf({ deployment, provider, model }: Attempt, job: Job): Promise<Target> {
  const get = (name: string) => job.ports.secrets.get(name)
  const apiBase = deployment.apiBase && (await secretValue(deployment.apiBase, get))
  let key = deployment.apiKey && (await secretValue(deployment.apiKey, get))
  for (const name of deployment.apiKey ? [] : provider.keyNames) key ??= await get(name)
  const found = address(deployment, {
    kind: job.task.kind,
    model,
    ...(apiBase !== undefined && { apiBase }),
    ...(key !== undefined && { key }),
  })
  return { ...found, base: apiBase ?? provider.baseUrl ?? new URL(found.url).origin }
}

/** The attempt's deadlines. Until its first content a stream is judged by `stream_timeout`, later by the idle limit. */
function limits(job: Job, { deployment }: Attempt): Watchdog {
  const { config, ports, task, call } = job
  const dog = watchdog(ports.clock.now, call.left)
  dog.limit('total', job.deadline - ports.clock.now())
  dog.limit('attempt', task.wishes.timeoutMs ?? deployment.timeoutMs ?? config.timeoutMs)
  if (task.stream)
    dog.limit('first_content', task.wishes.streamTimeoutMs ?? deployment.streamTimeoutMs ?? config.streamTimeoutMs)
  return dog
}

type Sending = { exchange: Exchange; target: Target; dog: Watchdog }

async function send(job: Job, current: Attempt, { exchange, target, dog }: Sending): Promise<Tried> {
  const { ports, task, config } = job
  try {
    const reply = await ports.upstream({
      method: 'POST',
      url: target.url,
      headers: {
        'content-type': 'application/json',
        accept: task.stream ? 'text/event-stream' : 'application/json',
        'user-agent': 'purser',
        ...exchange.headers,
        ...target.headers,
      },
      body: exchange.body,
      connectTimeoutMs: config.connectTimeoutMs,
      headersTimeoutMs: 2 ** 31 - 1,
      signal: dog.signal,
    })
    if (reply.status >= 300) return { failure: await failureOf(exchange, reply, dog), attempt: current }
    const common = {
      attempt: current,
      dog,
      upstreamHeaders: reply.headers,
      apiBase: target.base,
      dropped: exchange.dropped,
    }
    return task.stream ? await opened(job, exchange, reply, common) : await whole(exchange, reply, common)
  } catch (error) {
    if (error instanceof UpstreamTrouble) return { failure: troubleFailure(error, dog.reason), attempt: current }
    // A fault of ours after the request went out: it may have been billed, so it must end as an entry, not as a forgotten hold.
    ports.log('error', 'an attempt failed inside the gateway', { request_id: job.call.requestId, error: String(error) })
    return {
      failure: {
        kind: 'malformed',
        status: 0,
        message: 'The provider answered with something that is not an answer.',
        mayHaveCost: true,
      },
      attempt: current,
    }
  }
}

type Common = Pick<Answered, 'attempt' | 'dog' | 'upstreamHeaders' | 'apiBase' | 'dropped'>

async function whole(exchange: Exchange, reply: UpstreamReply, common: Common): Promise<Tried> {
  const result = exchange.whole(await readAll(reply.body))
  if ('failure' in result) return { failure: result.failure, attempt: common.attempt }
  common.dog.stop()
  return { answered: { ...common, kind: 'whole', ...result } }
}

async function opened(job: Job, exchange: Exchange, reply: UpstreamReply, common: Common): Promise<Tried> {
  const reader = exchange.stream()
  const rest = reply.body[Symbol.asyncIterator]()
  const head = await firstPiece(rest, reader)
  if (head.failure) {
    await rest.return?.()
    return { failure: head.failure, attempt: common.attempt, seen: reader.seen }
  }
  const now = job.ports.clock.now()
  common.dog.limit('first_content', undefined)
  // An answer that keeps coming is not cut for being long: from here on silence and the request's own end are the limits.
  common.dog.limit('attempt', undefined)
  common.dog.limit('idle', job.config.idleTimeoutMs)
  return {
    answered: { ...common, attempt: { ...common.attempt, firstTokenAt: now }, kind: 'stream', reader, head, rest },
  }
}

/** Reads what the provider says about an error status: enough of it, and not for long. */
async function failureOf(exchange: Exchange, reply: UpstreamReply, dog: Watchdog): Promise<Failure> {
  dog.limit('idle', errorBodyMs)
  let body: Uint8Array = new Uint8Array()
  try {
    body = await readAll(reply.body, errorBytes)
  } catch {
    // The status alone must do.
  }
  return exchange.failure(reply.status, reply.headers, body)
}

/** What a broken connection or a deadline means: only a connection that was never made surely cost nothing. */
export function troubleFailure(trouble: UpstreamTrouble, reason: GivenUp | undefined): Failure {
  const base = { status: 0, mayHaveCost: trouble.kind !== 'connection' }
  if (reason === 'left') return { ...base, kind: 'client_left', message: 'The client has left.' }
  if (reason) return { ...base, kind: 'timeout', message: timeoutWords[reason] }
  if (trouble.kind === 'connection')
    return { ...base, kind: 'connection', message: 'The provider could not be reached.' }
  return {
    ...base,
    kind: trouble.kind === 'timeout' ? 'timeout' : 'reset',
    message: 'The connection to the provider broke before its answer was complete.',
  }
}

const timeoutWords: Record<Exclude<GivenUp, 'left'>, string> = {
  first_content: 'The provider sent no content within stream_timeout.',
  idle: 'The provider fell silent in the middle of its answer.',
  attempt: 'The provider did not answer within timeout.',
  total: 'The request did not end within its total_timeout.',
}

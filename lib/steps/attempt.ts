import { secretValue } from '../config/secrets.ts'
import { GatewayError } from '../core/errors.ts'
import { costOf, toDollars } from '../core/money.ts'
import type { Exchange } from '../dialects/dialect.ts'
import { address } from '../providers/address.ts'
import { providerOf } from '../providers/rows.ts'
import { type Attempt, whoOf } from './charge.ts'
import type { Candidate } from './choose.ts'
import { hold } from './hold.ts'
import { isHard, type Job } from './job.ts'
import { send, type Target, type Tried } from './send.ts'
import { termsOf } from './terms.ts'
import { type Watchdog, watchdog } from './watchdog.ts'

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
  delete job.unused
  const dog = limits(job, current)
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
    flags: flagsOf(deployment, provider),
    ...(send && { outputCap: admission.cap }),
    maxOutputTokens: admission.holds.length ? admission.cap : terms.maxOutput,
    dropParams: deployment.dropParams ?? config.dropParams,
    additionalDropParams: deployment.additionalDropParams,
    dollars: (usage) => (price ? toDollars(costOf(price, usage)) : undefined),
    requestId: job.call.requestId,
    now: job.ports.clock.now(),
  })
}

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

/** Behind a base of its own, a row whose address is known stands for any compatible host: what only the real one refuses may be needed there. */
function flagsOf(deployment: Attempt['deployment'], provider: Attempt['provider']): Attempt['provider']['flags'] {
  return deployment.apiBase && provider.baseUrl ? { ...provider.flags, strictFields: false } : provider.flags
}

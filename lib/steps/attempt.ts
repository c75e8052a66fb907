import type { Deployment } from '../core/deployment.ts'
import { GatewayError } from '../core/errors.ts'
import { costOf, toDollars } from '../core/money.ts'
import { isPlausible, type Usage } from '../core/usage.ts'
import type { Dollars, Exchange } from '../dialects/dialect.ts'
import type { Provider } from '../providers/provider.ts'
import { providerOf } from '../providers/rows.ts'
import { startsSlowly } from '../providers/slow-starters.ts'
import { flagsAt } from '../providers/flags-at.ts'
import type { Speech } from '../providers/speech.ts'
import { speechOf } from '../providers/speech-of.ts'
import { type Attempt, paidBy } from './charge.ts'
import { whoOf } from './event.ts'
import type { Candidate } from './choose.ts'
import { sendsCap } from './flat-terms.ts'
import { storableText } from './event-text.ts'
import { hold } from './hold.ts'
import { isHard, type Job } from './job.ts'
import { fetchingMedia } from './media.ts'
import { noteAdmission, noteTarget } from './request-facts.ts'
import { recoveryOf } from './recovery.ts'
import { gatheringSeals } from './gathering-seals.ts'
import { sendRenewed } from './send-renewed.ts'
import type { Tried } from './send.ts'
import { targetOf } from './target.ts'
import { serverAt, traced } from './telemetry-event.ts'
import { hostTermsOf } from './host-terms.ts'
import { writtenAsAsked } from './tiers.ts'
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
  noteTarget(job.line, deployment, model)
  const speech = spokenTo(job, provider, candidate)
  if (job.task.lostSeals?.length) await (await import('./seals.ts')).recallSeals(job, speech.dialect, model)
  const terms = await hostTermsOf(job, deployment, model)
  const admission = await hold(job, terms, task.model)
  noteAdmission(job.line, admission)
  const startedAt = ports.clock.now()
  const current: Attempt = { admission, terms, deployment, provider, speech, model, group, startedAt }
  job.unused = admission // until something goes upstream: whoever throws from here on, the hold is given back
  const exchange = traced(job, admission.id, await bind(job, current))
  const target = await targetOf(job, current, exchange)
  current.server = serverAt(target.url)
  ports.notes.write({
    id: admission.id,
    at: current.startedAt,
    request_id: job.call.requestId,
    ...whoOf(job),
    model: storableText(task.model),
    deployment_id: deployment.id,
    provider: provider.id,
    holds: admission.holds,
    ...(job.shadow && { shadow: true as const }),
  })
  delete job.unused
  const dog = limits(job, current)
  if (task.stream && recoveryOf(job, deployment) === 'hold') job.voice = () => exchange.stream()
  const tried = await sendRenewed(job, current, { exchange, target, dog }, (of, fresh) =>
    targetOf({ ports, task, fresh }, current, of),
  )
  if ('failure' in tried) dog.stop()
  job.tally.upstreamMs += ports.clock.now() - current.startedAt
  if (!isUnspoken(tried, current)) return tried
  // Nothing was billed: the same hold serves the row's own dialect, which speaks for such hosts from now on.
  job.unspoken.add(`${deployment.id} ${speech.dialect}`)
  ports.notes.erase(admission.id)
  job.unused = admission
  return attempt(job, candidate, group)
}

/** How the host is talked to, as far as it is known to understand. */
function spokenTo({ task, unspoken }: Job, provider: Provider, { deployment, model }: Candidate): Speech {
  const { clientDialect: client, reasonedTools, offersTools: tools = false, forcesCall: forcedCall = false } = task
  if (task.kind !== 'chat') return { dialect: provider.dialect, path: '', flags: provider.flags }
  const speech = speechOf(provider, deployment, { model, need: { client, reasonedTools, tools, forcedCall } })
  if (!unspoken.has(`${deployment.id} ${speech.dialect}`)) return speech
  return { dialect: provider.dialect, path: provider.paths.chat ?? speech.path, flags: provider.flags }
}

/** Behind a base of its own stands any compatible host, and many have the row's own endpoint alone. */
function isUnspoken(tried: Tried, { deployment, provider, speech }: Attempt): boolean {
  if (!('failure' in tried) || !deployment.apiBase || deployment.dialect !== undefined) return false
  const { status, code, mayHaveCost } = tried.failure
  const missing = (status === 404 && code !== 'model_not_found') || status === 405
  return missing && !mayHaveCost && speech.dialect !== provider.dialect
}

/** The exchange, kept below what was held where its provider chooses among prices, and read for what it says it has charged. */
async function bind(job: Job, current: Attempt): Promise<Exchange> {
  const { terms, provider } = current
  const { price, roof } = terms
  if (terms.bounds.unbounded !== undefined) current.paid = (await import('./passes.ts')).paidWith(job.config, current)
  const table: Dollars = (usage, served) => {
    const paid = paidBy(current, served)
    if (!paid.price || !isCounted(usage)) return undefined
    return toDollars(costOf(paid.price, writtenAsAsked(usage, terms.bounds)) + paid.beside)
  }
  // An operator who names a price has said what is booked.
  const report = price?.source === 'config' ? undefined : provider.costReport
  const told = report && (await import('../dialects/told-cost.ts')).toldCost(report, table)
  const bound = await bindTask(job, current, told?.dollars ?? table)
  const exchange = roof ? (await import('../dialects/under-roof.ts')).underRoof(bound, roof) : bound
  return told ? told.watch(exchange) : exchange
}

function bindTask(job: Job, current: Attempt, dollars: Dollars): Promise<Exchange> {
  const { admission, deployment, provider, speech, model, terms, group } = current
  const { task, config } = job
  const codec = task.kind === 'pass' ? undefined : provider.codecs?.[task.kind]
  const send =
    isHard(job.scopes) &&
    sendsCap(task.kind) &&
    (admission.clamped || terms.injected || terms.bounds.outputCap !== undefined)
  const shown = job.tally.fallbacks ? group : task.model
  return task.bind(speech.dialect, {
    upstreamModel: model,
    ...(deployment.baseModel !== undefined && { baseModel: deployment.baseModel }),
    publicModel: shown === model ? undefined : shown,
    params: deployment.params,
    flags: flagsAt(deployment, provider.baseUrl, speech.flags),
    ...(codec !== undefined && { codec }),
    ...(speech.framing && { framing: speech.framing }),
    ...(send && { outputCap: admission.cap }),
    maxOutputTokens: admission.holds.length ? admission.cap : terms.maxOutput,
    dropParams: deployment.dropParams ?? config.dropParams,
    additionalDropParams: deployment.additionalDropParams,
    ...(deployment.webSearch && { webSearch: true }),
    dollars,
    requestId: job.call.requestId,
    now: job.ports.clock.now(),
    ...fetchingMedia(job),
    ...gatheringSeals(job, speech.dialect, model),
  })
}

/** Of counts that are none (all of them nothing) the client is told no cost: what it has cost is estimated at the end. */
const isCounted = (usage: Usage): boolean => isPlausible(usage) && usage.prompt + usage.completion > 0

/** The attempt's deadlines. Until its first content a stream is judged by `stream_timeout`, later by the idle limit. */
function limits(job: Job, { deployment, model }: Attempt): Watchdog {
  const { config, ports, task, call } = job
  const dog = watchdog(ports.clock.now, call.left)
  dog.limit('total', job.deadline - ports.clock.now())
  dog.limit('attempt', task.wishes.timeoutMs ?? deployment.timeoutMs ?? config.timeoutMs)
  if (task.stream) dog.limit('first_content', task.wishes.streamTimeoutMs ?? firstContentMs(job, deployment, model))
  return dog
}

/**
 * Where nothing was configured, a silent deployment is left early while there is somebody else to ask, unless silence is
 * this model's way to begin. The last one has all the time there is: a late answer is better than none.
 */
function firstContentMs({ config, task, spare }: Job, { streamTimeoutMs }: Deployment, model: string): number {
  if (streamTimeoutMs !== undefined) return streamTimeoutMs
  const { streamPatienceMs } = config
  const patient = streamPatienceMs === undefined || !spare || task.reasons === true || startsSlowly(model)
  return patient ? config.streamTimeoutMs : Math.min(streamPatienceMs, config.streamTimeoutMs)
}

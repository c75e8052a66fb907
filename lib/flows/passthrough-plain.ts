import type { Deployment } from '../core/deployment.ts'
import { GatewayError } from '../core/errors.ts'
import { errorOf } from '../core/failure.ts'
import type { Call, Reply } from '../core/http.ts'
import { type UpstreamReply, UpstreamTrouble } from '../core/ports.ts'
import { passExchange } from '../dialects/pass/index.ts'
import type { Provider } from '../providers/provider.ts'
import { providerOf } from '../providers/rows.ts'
import { speechOf } from '../providers/speech-of.ts'
import type { Caller } from '../steps/authenticate.ts'
import { isHard, scopesOf } from '../steps/job.ts'
import { checkAccess } from '../steps/models.ts'
import { readAll } from '../steps/reading.ts'
import { noteTarget } from '../steps/request-facts.ts'
import { type Target, targetOf } from '../steps/target.ts'
import { redirected, troubleFailure } from '../steps/trouble.ts'
import type { Machine } from './completion.ts'
import { unconfigured } from './own-names.ts'
import { prefixOf, refuseDots } from './path.ts'

const errorBytes = 65_536

/** What stands where a model would: none answers. */
const noModel = '-'

/**
 * What a provider keeps for its account (files, batches, lists of models), looked at or deleted in its own words: no model answers
 * and nothing is billed, so nothing is held or booked. It goes with the key of the provider's first deployment.
 */
export async function passPlain(machine: Machine, call: Call, caller: Caller): Promise<Reply> {
  const { provider: id, behind: path } = prefixOf(call.path)
  refuseDots(path)
  const provider = providerOf(id)
  if (!provider) throw new GatewayError('not_found', { message: `There is no provider ${id}.` })
  refuseConfined(call, caller, id)
  const { config, line } = machine
  const deployment =
    config.deployments.find((one) => one.provider === id) ?? unconfigured({ provider: id, model: noModel })
  noteTarget(line, deployment, noModel)
  const { key: _key, ...query } = call.query
  const exchange = exchangeFor(machine, call, { path, query })
  const { url, headers } = await placeOf(machine, call, { deployment, provider, exchange })
  const reply = await ask(machine, call, { url, headers: { accept: '*/*', ...exchange.headers, ...headers } })
  if (reply.status >= 300 && reply.status < 400) throw errorOf(redirected)
  if (reply.status >= 400) {
    const body = await readAll(reply.body, errorBytes).catch(() => new Uint8Array())
    throw errorOf(exchange.failure(reply.status, reply.headers, body))
  }
  const type = reply.headers['content-type']
  return { status: reply.status, headers: type === undefined ? {} : { 'content-type': type }, body: reply.body }
}

/** All that the account has is reached by it, and what is in there was perhaps never paid for by this key. */
function refuseConfined({ method, path }: Call, caller: Caller, provider: string): void {
  if (!caller.key) return
  if (isHard(scopesOf(caller, false)))
    throw new GatewayError('forbidden', {
      message: `${method} ${path} reaches what the provider keeps for the whole account, and this key has a hard budget: use a key without max_budget (nor its team, its user or the gateway), or the master key.`,
    })
  const name = `${provider}/*`
  checkAccess(caller, { requested: name, resolved: name })
}

const exchangeFor = ({ ports }: Machine, { headers }: Call, of: { path: string; query: Record<string, string> }) =>
  passExchange(
    { ...of, headers, text: '', body: {}, model: noModel, stream: false },
    { upstreamModel: noModel, now: ports.clock.now() },
  )

type Place = { deployment: Deployment; provider: Provider; exchange: ReturnType<typeof passExchange> }

function placeOf({ ports }: Machine, call: Call, { deployment, provider, exchange }: Place): Promise<Target> {
  const speech = speechOf(provider, deployment, { model: noModel, need: { client: 'openai', reasonedTools: false } })
  const asking = { ports, task: { kind: 'pass' as const, stream: false } }
  return targetOf(asking, { deployment, provider, speech, model: noModel }, { ...exchange, method: methodOf(call) })
}

const methodOf = ({ method }: Call) => (method === 'DELETE' ? 'DELETE' : 'GET')

async function ask(
  { ports, config }: Machine,
  call: Call,
  { url, headers }: Pick<Target, 'url' | 'headers'>,
): Promise<UpstreamReply> {
  const limit = AbortSignal.timeout(config.timeoutMs)
  try {
    return await ports.upstream({
      method: methodOf(call),
      url,
      headers: { 'user-agent': 'purser', ...headers },
      body: '',
      connectTimeoutMs: config.connectTimeoutMs,
      headersTimeoutMs: config.timeoutMs,
      signal: call.left ? AbortSignal.any([call.left, limit]) : limit,
    })
  } catch (error) {
    if (!(error instanceof UpstreamTrouble)) throw error
    throw errorOf(troubleFailure(error, call.left?.aborted ? 'left' : undefined))
  }
}

import { GatewayError } from '../core/errors.ts'
import { errorOf, type Failure } from '../core/failure.ts'
import { type Call, jsonReply, type Reply } from '../core/http.ts'
import { type JsonObject, numberOf, objectOf, tryParse } from '../core/json.ts'
import { secretValue } from '../config/secrets.ts'
import { parseCountCall } from '../dialects/anthropic/call.ts'
import { estimateTokens } from '../dialects/anthropic/estimate.ts'
import { anthropicFailure } from '../dialects/anthropic/failure.ts'
import type { ChatCall } from '../dialects/dialect.ts'
import { isPrivate } from '../dialects/openai/pass-private.ts'
import { address } from '../providers/address.ts'
import { providerOf } from '../providers/rows.ts'
import { speechOf } from '../providers/speech.ts'
import { splice } from '../wire/json-splice.ts'
import type { Caller } from '../steps/authenticate.ts'
import type { Candidate } from '../steps/choose.ts'
import { checkAccess, groupOf, resolveAlias, unknownModel } from '../steps/models.ts'
import { readAll } from '../steps/reading.ts'
import { bodyText } from './body-text.ts'
import type { Machine } from './completion.ts'
import { servedName } from './messages.ts'

/** A count that is not here by then is estimated: clients ask while somebody waits. */
const timeoutMs = 5000
const mostBytes = 65_536

/**
 * How many input tokens a messages request has. A provider that counts for free is asked; for every other the number is our
 * likely estimate, and `x-purser-count` says `estimate`. Nothing of this is billed or held.
 */
export async function countTokens(machine: Machine, call: Call, caller: Caller): Promise<Reply> {
  const { config } = machine
  const read = parseCountCall(bodyText(call), call.headers)
  const requested = servedName(config, caller, read.model)
  const resolved = resolveAlias(config, caller, requested)
  const group = groupOf(config, resolved)
  if (!group) throw unknownModel(requested)
  checkAccess(caller, { requested, resolved })
  const counted = await askFirst(machine, read, group.deployments)
  const input_tokens = counted ?? estimateTokens(read.body)
  return jsonReply(200, { input_tokens }, { 'x-purser-count': counted === undefined ? 'estimate' : 'provider' })
}

/** The count of the first deployment whose host has the endpoint; undefined where none answers. */
async function askFirst(
  machine: Machine,
  read: ChatCall,
  deployments: readonly Candidate[],
): Promise<number | undefined> {
  for (const candidate of deployments) {
    const url = await targetOf(machine, candidate)
    if (url) return ask(machine, { read, candidate, url })
  }
  return undefined
}

type Url = { url: string; headers: Record<string, string> }

/** Where this deployment counts; undefined where its host does not speak the messages API at that API's own path. */
async function targetOf({ ports }: Machine, { deployment, model }: Candidate): Promise<Url | undefined> {
  const provider = providerOf(deployment.provider)
  if (!provider) return undefined
  const speech = speechOf(provider, deployment, { model, need: { client: 'anthropic', reasonedTools: false } })
  if (!speech.path.endsWith('/messages')) return undefined
  const get = (name: string) => ports.secrets.get(name)
  const apiBase = deployment.apiBase && (await secretValue(deployment.apiBase, get))
  let key = deployment.apiKey && (await secretValue(deployment.apiKey, get))
  for (const name of deployment.apiKey ? [] : provider.keyNames) key ??= await get(name)
  try {
    const found = address(deployment, {
      kind: 'chat',
      model,
      chatPath: `${speech.path}/count_tokens`,
      ...(speech.auth && { auth: speech.auth }),
      ...(apiBase !== undefined && { apiBase }),
      ...(key !== undefined && { key }),
    })
    return found.signing ? undefined : found
  } catch {
    // Not set up to be called: calls of it will say so; a count need not.
    return undefined
  }
}

type Asked = { read: ChatCall; candidate: Candidate; url: Url }

async function ask({ ports, config }: Machine, { read, candidate, url }: Asked): Promise<number | undefined> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  try {
    const reply = await ports.upstream({
      method: 'POST',
      url: url.url,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'purser',
        'anthropic-version': '2023-06-01',
        ...read.headers,
        ...url.headers,
      },
      body: splice(read.text, { set: { model: candidate.model }, remove: notCounted(read.body) }),
      connectTimeoutMs: config.connectTimeoutMs,
      headersTimeoutMs: timeoutMs,
      signal: abort.signal,
    })
    const body = await readAll(reply.body, mostBytes)
    const failure = anthropicFailure(reply.status, reply.headers, body)
    if (isRefusal(failure, candidate.model)) throw errorOf(failure)
    return reply.status === 200 ? countIn(objectOf(tryParse(Buffer.from(body).toString()))) : undefined
  } catch (error) {
    if (error instanceof GatewayError) throw error
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

/**
 * A request that the provider would refuse is refused here too; whatever else goes wrong, there is the estimate. A 404 is the model's
 * where it names it: else this host does not count.
 */
const isRefusal = ({ status, message }: Failure, model: string): boolean =>
  status === 400 || status === 413 || (status === 404 && message.includes(model))

/** Clients send what they are about to send; the endpoint refuses what has nothing to do with the prompt (its SDK's types). */
const notCounted = (body: JsonObject): string[] => [...unknownThere, ...Object.keys(body).filter(isPrivate)]
const unknownThere =
  `max_tokens stream temperature top_p top_k stop_sequences metadata service_tier container diagnostics fallbacks
   fallback_credit_token inference_geo`.split(/\s+/)

const countIn = ({ input_tokens: count }: JsonObject): number | undefined => numberOf(count)

import { GatewayError } from '../core/errors.ts'
import { errorOf, type Failure } from '../core/failure.ts'
import { numberOf, objectOf, tryParse } from '../core/json.ts'
import { secretValue } from '../config/secrets.ts'
import type { ClientDialect } from '../dialects/dialect.ts'
import { address } from '../providers/address.ts'
import { providerOf } from '../providers/rows.ts'
import { speechOf } from '../providers/speech.ts'
import type { Candidate } from '../steps/choose.ts'
import { readAll } from '../steps/reading.ts'
import type { Machine } from './completion.ts'

/** A count that is not here by then is estimated: clients ask while somebody waits. */
const timeoutMs = 5000
const mostBytes = 65_536

/** How an API counts the input tokens of a request, for free and without an answer. */
type Counting = {
  client: ClientDialect
  /** What the path of its chat endpoint ends with; hosts that have it elsewhere do not count. */
  path: string
  /** Of the count, behind that. */
  suffix: string
  headers: Record<string, string>
  body: (model: string) => string
  failure: (status: number, headers: Record<string, string>, body: Uint8Array) => Failure
  /** Whether such a failure is the request's own, for this model: it would be refused in earnest, too. */
  isRefusal: (failure: Failure, model: string) => boolean
}

/**
 * The count of the first deployment whose host has the endpoint; undefined where none answers.
 * @throws GatewayError where the host refuses the request: so it would be refused there too
 */
export async function countedBy(
  machine: Machine,
  deployments: readonly Candidate[],
  counting: Counting,
): Promise<number | undefined> {
  for (const candidate of deployments) {
    const url = await targetOf(machine, candidate, counting)
    if (url) return ask(machine, url, { counting, model: candidate.model })
  }
  return undefined
}

type Url = { url: string; headers: Record<string, string> }

/** Where this deployment counts; undefined where its host does not speak the API at that API's own path. */
async function targetOf(
  { ports }: Machine,
  { deployment, model }: Candidate,
  { client, path, suffix }: Counting,
): Promise<Url | undefined> {
  const provider = providerOf(deployment.provider)
  if (!provider) return undefined
  const speech = speechOf(provider, deployment, { model, need: { client, reasonedTools: false } })
  if (!speech.path.endsWith(path)) return undefined
  const get = (name: string) => ports.secrets.get(name)
  const apiBase = deployment.apiBase && (await secretValue(deployment.apiBase, get))
  let key = deployment.apiKey && (await secretValue(deployment.apiKey, get))
  for (const name of deployment.apiKey ? [] : provider.keyNames) key ??= await get(name)
  try {
    const found = address(deployment, {
      kind: 'chat',
      model,
      chatPath: speech.path + suffix,
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

type Asked = { counting: Counting; model: string }

async function ask({ ports, config }: Machine, url: Url, { counting, model }: Asked): Promise<number | undefined> {
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
        ...counting.headers,
        ...url.headers,
      },
      body: counting.body(model),
      connectTimeoutMs: config.connectTimeoutMs,
      headersTimeoutMs: timeoutMs,
      signal: abort.signal,
    })
    const body = await readAll(reply.body, mostBytes)
    // A request that the provider would refuse is refused here too; whatever else goes wrong, there is the estimate.
    const failure = reply.status === 200 ? undefined : counting.failure(reply.status, reply.headers, body)
    if (failure && counting.isRefusal(failure, model)) throw errorOf(failure)
    if (failure) return undefined
    return numberOf(objectOf(tryParse(Buffer.from(body).toString())).input_tokens)
  } catch (error) {
    if (error instanceof GatewayError) throw error
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

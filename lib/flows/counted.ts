import { GatewayError } from '../core/errors.ts'
import { errorOf, type Failure } from '../core/failure.ts'
import { numberOf, objectOf, tryParse } from '../core/json.ts'
import type { ClientDialect } from '../dialects/dialect.ts'
import type { Flags } from '../dialects/flags.ts'
import { providerOf } from '../providers/rows.ts'
import { speechOf } from '../providers/speech-of.ts'
import type { Candidate } from '../steps/choose.ts'
import { readAll } from '../steps/reading.ts'
import { targetOf } from '../steps/target.ts'
import type { Machine } from './completion.ts'

/** A count that is not here by then is estimated: clients ask while somebody waits. */
const timeoutMs = 5000
const mostBytes = 65_536

type Sent = { headers: Record<string, string>; body: string }

/** How an API counts the input tokens of a request, for free and without an answer. */
type Counting = {
  client: ClientDialect
  /** What the path of its chat endpoint ends with. Hosts that have it elsewhere count where their row says, or not at all. */
  path: string
  /** Of the count, behind that. */
  suffix: string
  request: (of: { model: string; flags: Flags }) => Sent
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
    const asked = await askedOf(machine, candidate, counting)
    if (asked) return ask(machine, asked)
  }
  return undefined
}

/** `refusal`: the error that the client gets for such a reply; undefined: the count is estimated. */
type Asked = Sent & { url: string; refusal: (...reply: Parameters<Counting['failure']>) => GatewayError | undefined }

/** Where and how this deployment is asked; undefined where its host does not count. */
async function askedOf(
  { ports }: Machine,
  { deployment, model }: Candidate,
  counting: Counting,
): Promise<Asked | undefined> {
  const { client, path, suffix } = counting
  const provider = providerOf(deployment.provider)
  if (!provider) return undefined
  const speech = speechOf(provider, deployment, { model, need: { client, reasonedTools: false } })
  const countPath = speech.countPath ?? (speech.path.endsWith(path) ? speech.path + suffix : undefined)
  if (countPath === undefined) return undefined
  const { headers, body } = counting.request({ model, flags: speech.flags })
  const there = { deployment, provider, speech: { ...speech, path: countPath }, model }
  const target = await targetOf({ ports, task: { kind: 'chat', stream: false } }, there, { body }).catch(notSetUp)
  return (
    target && {
      url: target.url,
      headers: { ...headers, ...target.headers },
      body,
      refusal(...reply) {
        const failure = counting.failure(...reply)
        // Elsewhere not every model that answers is counted (Bedrock has none of those behind profiles alone): a 400 says no more.
        return speech.countPath === undefined && counting.isRefusal(failure, model) ? errorOf(failure) : undefined
      },
    }
  )
}

/** Calls of such a deployment will say what is missing; a count need not. */
const notSetUp = (): undefined => undefined

async function ask({ ports, config }: Machine, { url, headers, body, refusal }: Asked): Promise<number | undefined> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  try {
    const reply = await ports.upstream({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'purser', ...headers },
      body,
      connectTimeoutMs: config.connectTimeoutMs,
      headersTimeoutMs: timeoutMs,
      signal: abort.signal,
    })
    const read = await readAll(reply.body, mostBytes)
    if (reply.status === 200) return countIn(read)
    // A request that the provider would refuse is refused here too; whatever else goes wrong, there is the estimate.
    const error = refusal(reply.status, reply.headers, read)
    if (error) throw error
    return undefined
  } catch (error) {
    if (error instanceof GatewayError) throw error
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

/** AWS writes names in its own way. */
function countIn(body: Uint8Array): number | undefined {
  const { input_tokens: count, inputTokens } = objectOf(tryParse(Buffer.from(body).toString()))
  return numberOf(count ?? inputTokens)
}

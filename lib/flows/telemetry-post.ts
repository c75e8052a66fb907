import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { isObject, numberOf, objectOf, stringOf, tryParse } from '../core/json.ts'
import type { Clock, Log, Random, Upstream, UpstreamReply } from '../core/ports.ts'

export type Signal = 'traces' | 'metrics' | 'logs'

/**
 * What became of one export. `accepted`: done. `absent`: the collector does not take this signal, done too. `rejected`: it will
 * never take this as it is. `later`: it may.
 */
export type Posted = 'accepted' | 'absent' | 'rejected' | 'later'

export type PostOptions = {
  /** Without `/v1/traces`. */
  base: string
  /** Credentials; `fresh`: read anew, after the collector refused those that were known. */
  headers: (fresh: boolean) => Promise<Record<string, string>>
  upstream: Upstream
  clock: Clock
  random: Random
  log: Log
}

export type Post = (signal: Signal, body: unknown) => Promise<Posted>

const tries = 4
const firstWaitMs = 500
/** All tries of one export, so that a function with thirty seconds comes back before its end. */
const patienceMs = 12_000
const answerMs = 8000
const answerBytes = 65_536

const zipped = promisify(gzip)

/** One signal over OTLP/HTTP, tried again as the specification has it ("OTLP/HTTP Response"). Never rejects. */
export function otlpPost(options: PostOptions): Post {
  const { clock, random, log } = options
  return async (signal, body) => {
    const bytes = await zipped(JSON.stringify(body))
    const until = clock.now() + patienceMs
    let fresh = false
    for (let attempt = 1; ; attempt++) {
      const answer = await ask(options, { signal, bytes, fresh })
      const verdict = verdictOf(answer, signal)
      if (verdict === 'accepted') partial(answer, signal, log)
      if (verdict !== 'later') return told(verdict, { answer, signal, log })
      const refused = answer.status === 401 || answer.status === 403
      const waitMs = answer.retryAfterMs ?? firstWaitMs * 2 ** (attempt - 1) * (0.5 + random() / 2)
      if (attempt >= tries || (refused && fresh) || clock.now() + waitMs > until)
        return told('later', { answer, signal, log })
      fresh = refused
      if (!refused) await clock.sleep(waitMs)
    }
  }
}

/** `status` 0: there was no answer. */
type Answer = { status: number; text: string; retryAfterMs?: number }

type Asked = { signal: Signal; bytes: Uint8Array; fresh: boolean }

async function ask({ base, headers, upstream, clock }: PostOptions, { signal, bytes, fresh }: Asked): Promise<Answer> {
  const patience = AbortSignal.timeout(answerMs)
  try {
    const reply = await upstream({
      method: 'POST',
      url: `${base}/v1/${signal}`,
      headers: {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'user-agent': 'purser',
        ...(await headers(fresh)),
      },
      body: bytes,
      connectTimeoutMs: 3000,
      headersTimeoutMs: answerMs,
      signal: patience,
    })
    const after = retryAfterMs(reply.headers['retry-after'], clock.now())
    return { status: reply.status, text: await textOf(reply), ...(after !== undefined && { retryAfterMs: after }) }
  } catch (error) {
    return { status: 0, text: error instanceof Error ? error.message : String(error) }
  }
}

async function textOf({ body }: UpstreamReply): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    if ((bytes += chunk.length) > answerBytes) break
  }
  return Buffer.concat(chunks).toString()
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfterMs(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

const missing = new Set([404, 405, 501])

/**
 * Refused credentials and a wrong address are an operator's to mend: what they hold up is kept. A collector for traces alone
 * is a choice.
 */
function verdictOf({ status }: Answer, signal: Signal): Posted {
  if (status >= 200 && status < 300) return 'accepted'
  if (missing.has(status)) return signal === 'traces' ? 'later' : 'absent'
  if (status === 0 || status === 401 || status === 403 || status === 408 || status === 429 || status >= 500)
    return 'later'
  return 'rejected'
}

type Telling = { answer: Answer; signal: Signal; log: Log }

function told(verdict: Posted, { answer, signal, log }: Telling): Posted {
  // What a collector says of a body that it rejects may quote it.
  const { status, text } = answer
  if (verdict !== 'accepted')
    log('warn', `the collector did not take ${signal}`, { verdict, status, ...(status === 0 && { reason: text }) })
  return verdict
}

/** Part of it was rejected: the specification forbids to send that again. */
function partial({ text }: Answer, signal: Signal, log: Log): void {
  const said = objectOf(objectOf(tryParse(text)).partialSuccess)
  const rejected = Object.entries(said).find(([name, value]) => name.startsWith('rejected') && Number(value) > 0)
  if (isObject(said) && rejected)
    log('error', `the collector rejected some ${signal}`, {
      rejected: numberOf(rejected[1]) ?? stringOf(rejected[1]),
      message: stringOf(said.errorMessage)?.slice(0, 500),
    })
}

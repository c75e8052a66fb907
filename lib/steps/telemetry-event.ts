import { type JsonObject, numberOf } from '../core/json.ts'
import type { RequestParameters, SpendEvent } from '../core/spend-event.ts'
import type { AttemptId } from '../core/budget.ts'
import type { Exchange } from '../dialects/dialect.ts'
import type { Attempt, Ending } from './charge.ts'
import { storableText } from './event-text.ts'
import type { Job } from './job.ts'
import { traceHeaders, traceparentOf } from './trace-context.ts'

type Observed = Pick<
  SpendEvent,
  'traceparent' | 'tracestate' | 'response_id' | 'response_model' | 'finish_reason' | 'server' | 'parameters'
>

/** What an attempt's event says for telemetry alone. Nothing of the prompt or the answer is in it. */
export function observedOf({ call, task }: Job, attempt: Attempt, { seen }: Ending): Observed {
  return {
    ...traceHeaders(call.headers),
    ...(seen?.id !== undefined && { response_id: storableText(seen.id) }),
    ...(seen?.model !== undefined && { response_model: storableText(seen.model) }),
    ...(seen?.finish !== undefined && { finish_reason: storableText(seen.finish) }),
    ...(attempt.server !== undefined && { server: attempt.server }),
    ...(task.parameters && { parameters: task.parameters }),
  }
}

/** `host:port` of a URL, the port always written: conventions want it where the address is. */
export function serverAt(url: string): string {
  const { hostname, port, protocol } = new URL(url)
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
}

/** The exchange with a `traceparent` for the provider, where the config wants it: by default nobody outside learns of our traces. */
export function traced({ config, call }: Job, id: AttemptId, exchange: Exchange): Exchange {
  if (config.forwardTraceparent !== true) return exchange
  const traceparent = traceparentOf({ id, request_id: call.requestId, ...traceHeaders(call.headers) })
  return { ...exchange, headers: { ...exchange.headers, traceparent } }
}

/** The names of a request's parameters in each of the tongues that clients speak. */
const names: Record<keyof RequestParameters, readonly string[]> = {
  max_tokens: ['max_completion_tokens', 'max_tokens', 'max_output_tokens'],
  temperature: ['temperature'],
  top_p: ['top_p'],
  top_k: ['top_k'],
  frequency_penalty: ['frequency_penalty'],
  presence_penalty: ['presence_penalty'],
  seed: ['seed'],
  'choice.count': ['n'],
}

/**
 * A client chooses these, and no store takes every number: an event with one that is beyond DynamoDB's range (1e-130 to 1e126)
 * could never be written into the ledger. Nothing that means anything is this large or this small.
 */
const isStorable = (value: number): boolean => value === 0 || (Math.abs(value) >= 1e-15 && Math.abs(value) <= 1e15)

/** The numbers among a request's parameters; undefined where it sets none. */
export function parametersOf(body: JsonObject): RequestParameters | undefined {
  const found = Object.entries(names).flatMap(([name, fields]) => {
    const value = fields.map((field) => numberOf(body[field])).find((number) => number !== undefined)
    return value === undefined || !isStorable(value) ? [] : [[name, value] as const]
  })
  return found.length > 0 ? Object.fromEntries(found) : undefined
}

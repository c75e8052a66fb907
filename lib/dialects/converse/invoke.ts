import type { FailureKind } from '../../core/failure.ts'
import { isObject, type JsonObject, objectOf, stringOf, tryParse } from '../../core/json.ts'
import { eventStreamDecoder } from '../../wire/event-stream.ts'
import { splice } from '../../wire/json-splice.ts'
import { encodeSse, type SseEvent } from '../../wire/sse.ts'
import type { ChatCall, Exchange, ExchangeOptions, StreamReader, StreamStep } from '../dialect.ts'
import { awsFailure, exceptionFailure } from './failure.ts'
import { betasThere, refusedThere } from './invoke-betas.ts'

type Bind = (call: ChatCall, options: ExchangeOptions) => Exchange

/**
 * The messages API behind Bedrock's InvokeModel, whoever wrote the request: whether it streams is said by the URL, betas stand in
 * the body, events come as base64 in AWS's binary frames, and errors are AWS's own. Inside, it is the messages API as it is
 * elsewhere: its events are handed on as server-sent events.
 */
export const invoked =
  (bind: Bind): Bind =>
  (call, options) => {
    const exchange = bind(call, options)
    const { 'anthropic-beta': asked, ...headers } = exchange.headers
    const betas = betasThere(asked)
    const wrap = (body: string) =>
      splice(body, { remove: ['stream', ...refusedThere], ...(betas.length > 0 && { set: { anthropic_beta: betas } }) })
    const { amend } = exchange
    return {
      ...exchange,
      headers,
      body: wrap(exchange.body),
      dropped: [...new Set([...exchange.dropped, ...refusedThere.filter((name) => name in call.body)])],
      stream: () => unframed(exchange.stream()),
      failure: awsFailure,
      ...(amend && {
        amend: (failure) => {
          const body = amend(failure)
          return body === undefined ? undefined : wrap(body)
        },
      }),
    }
  }

function unframed(inner: StreamReader): StreamReader {
  const decoder = eventStreamDecoder()
  return {
    ...inner,
    push(chunk) {
      const events = decoder.push(chunk)
      const damaged = events.find(({ overflow }) => overflow)
      const step = inner.push(Buffer.concat(events.filter((event) => event !== damaged).map(plain)))
      return damaged && !step.finished ? { ...step, failure: step.failure ?? failureOf(damaged, inner) } : step
    },
    get seen() {
      return inner.seen
    },
  } satisfies { push(chunk: Uint8Array): StreamStep }
}

const failureOf = ({ data }: SseEvent, { seen }: StreamReader) =>
  exceptionFailure(objectOf(tryParse(data)), seen.contentBytes > 0 || seen.usage !== undefined)

/** One event of the messages API as it is sent elsewhere; an exception as its error. */
function plain({ event, data }: SseEvent): Uint8Array {
  const payload = tryParse(data)
  if (!isObject(payload)) return encodeSse(data)
  if (event === 'error') return encodeSse(JSON.stringify(errorOf(payload)), 'error')
  const bytes = stringOf(payload.bytes)
  if (bytes === undefined) return new Uint8Array(0)
  const text = Buffer.from(bytes, 'base64').toString()
  return encodeSse(text, stringOf(objectOf(tryParse(text)).type))
}

const types: Partial<Record<FailureKind, string>> = {
  bad_request: 'invalid_request_error',
  context_window: 'invalid_request_error',
  auth: 'authentication_error',
  permission: 'permission_error',
  not_found: 'not_found_error',
  quota: 'billing_error',
  rate_limit: 'rate_limit_error',
  overloaded: 'overloaded_error',
  timeout: 'timeout_error',
}

function errorOf(exception: JsonObject): JsonObject {
  const { kind, message } = exceptionFailure(exception, true)
  return { type: 'error', error: { type: types[kind] ?? 'api_error', message } }
}

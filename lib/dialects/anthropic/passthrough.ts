import { errorBody } from '../../core/errors.ts'
import type { ChatCall, Exchange, ExchangeOptions, StreamReader } from '../dialect.ts'
import { byFirstCharacter } from '../stream-opening.ts'
import { printStreamError } from './client-error.ts'
import { anthropicFailure } from './failure.ts'
import { messagesRequestText } from './pass-request.ts'
import { passEvents, ping } from './pass-stream.ts'
import { passWholeAsStream } from './pass-synthetic.ts'
import { readWhole } from './pass-whole.ts'

/** The version of the API that is spoken where the client names none. */
const version = '2023-06-01'

/**
 * One messages request to a host of the client's own dialect: the request is patched, never rebuilt; reply bytes pass untouched,
 * except the model's public name and `usage.cost`. The client's version and betas travel along with the fields that they
 * unlock. Throws `unsupported_parameter`.
 */
export function passThrough(call: ChatCall, options: ExchangeOptions): Exchange {
  const { body, dropped } = messagesRequestText(call, options)
  return {
    body,
    headers: { 'anthropic-version': version, ...call.headers },
    dropped,
    whole: (reply) => readWhole(reply, options),
    stream: () => passStream(options),
    failure: (status, headers, reply) =>
      anthropicFailure(status, { date: new Date(options.now).toUTCString(), ...headers }, reply),
  }
}

function passStream(options: ExchangeOptions): StreamReader {
  if ((options.framing ?? 'sse') !== 'sse') return passEvents(options)
  return byFirstCharacter({
    readerFor: (first) => ('{<'.includes(first) ? passWholeAsStream(options) : passEvents(options)),
    otherwise: () => passEvents(options),
    fail: (error) => printStreamError(errorBody(error), options.requestId),
    beat: ping,
  })
}

import { numberOf } from '../../core/json.ts'
import type { ChatCall, Exchange, ExchangeOptions, StreamReader } from '../dialect.ts'
import { byFirstCharacter } from '../stream-opening.ts'
import { openaiFailure } from './failure.ts'
import { chatRequestText } from './pass-request.ts'
import { passJson, printFailure } from './pass-json.ts'
import { passEvents, type Reading } from './pass-stream.ts'
import { readWhole } from './pass-whole.ts'

/**
 * One chat request to a host of the client's own dialect: the request is patched, never rebuilt; reply bytes pass untouched,
 * except the model's public name, `usage.cost`, and what clients look for under another name (pass-gaps.ts). Throws `unsupported_parameter`.
 */
export function passThrough(call: ChatCall, options: ExchangeOptions): Exchange {
  const { body, dropped } = chatRequestText(call, options)
  const choices = numberOf(call.body.n) ?? numberOf(options.params.n) ?? 1
  return {
    body,
    headers: {},
    dropped,
    whole: (reply) => readWhole(reply, options),
    stream: () => passStream({ call, options, choices }),
    // The exchange's own clock stands in for a `date` header, which a Retry-After date is counted from.
    failure: (status, headers, reply) =>
      openaiFailure(status, { date: new Date(options.now).toUTCString(), ...headers }, reply),
  }
}

function passStream(reading: Reading): StreamReader {
  return byFirstCharacter({
    readerFor: (first) =>
      '{[<'.includes(first) ? passJson(reading.options, reading.call.includeUsage) : passEvents(reading),
    otherwise: () => passEvents(reading),
    fail: printFailure,
  })
}

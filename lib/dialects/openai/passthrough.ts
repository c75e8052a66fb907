import { numberOf } from '../../core/json.ts'
import type { ChatCall, Exchange, ExchangeOptions, StreamReader } from '../dialect.ts'
import { openaiFailure } from './failure.ts'
import { chatRequestText } from './pass-request.ts'
import { emptyStep, passJson, printFailure } from './pass-json.ts'
import { passEvents, type Reading } from './pass-stream.ts'
import { readWhole } from './pass-whole.ts'

/**
 * One chat request to a host of the client's own dialect: the request is patched, never rebuilt; reply bytes pass untouched,
 * except the model's public name and `usage.cost`. Throws `unsupported_parameter`.
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

/** Whether this is a stream of events or something else can be told by its first byte that is not space. */
function passStream(reading: Reading): StreamReader {
  let reader: StreamReader | undefined
  const space: Uint8Array[] = []
  const decide = (chunk: Uint8Array): StreamReader | undefined => {
    const first = firstByte(chunk)
    if (first === undefined) return undefined
    return first === '{' || first === '[' || first === '<'
      ? passJson(reading.options, reading.call.includeUsage)
      : passEvents(reading)
  }
  return {
    push(chunk) {
      if (reader) return reader.push(chunk)
      reader = decide(chunk)
      space.push(chunk)
      return reader ? reader.push(space.length === 1 ? chunk : Buffer.concat(space)) : emptyStep()
    },
    end: () => (reader ?? passEvents(reading)).end(),
    fail: printFailure,
    ending: () => reader?.ending?.() === true,
    interrupted: () => reader?.interrupted?.(),
    get seen() {
      return reader?.seen ?? { contentBytes: 0, contentEvents: 0 }
    },
  }
}

/** The first character behind space and a byte order mark. */
function firstByte(chunk: Uint8Array): string | undefined {
  for (const byte of chunk) {
    if (byte > 32 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf) return String.fromCharCode(byte)
  }
  return undefined
}

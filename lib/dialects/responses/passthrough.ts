import { objectOf, tryParse } from '../../core/json.ts'
import type { ChatCall, Exchange, ExchangeOptions, StreamReader, WholeReply } from '../dialect.ts'
import { openaiFailure } from '../openai/failure.ts'
import { gatherSeals } from '../openai/gather-seals.ts'
import { parsedBody } from '../openai/pass-whole.ts'
import { partsCallTexts } from '../half-calls.ts'
import { note, nothingSeen } from '../seen.ts'
import { encodeSse } from '../../wire/sse.ts'
import { amended } from './amend.ts'
import { editedResponse, type ReplyOptions } from './pass-reply.ts'
import { responsesRequestText } from './pass-request.ts'
import { passEvents } from './pass-stream.ts'
import { parseReply } from './upstream-reply.ts'

/**
 * One request to a host of the client's own tongue: patched, never rebuilt; of the reply nothing changes but ids that are ours
 * to give, the public name of the model and the cost. Throws `unsupported_parameter`.
 */
export function passThrough(call: ChatCall, options: ExchangeOptions): Exchange {
  const { body, dropped } = responsesRequestText(call, options)
  const reading = { ...options, request: call.body }
  return {
    body,
    headers: {},
    dropped,
    whole: (reply) => whole(reply, reading),
    stream: () => orPlain(passEvents(reading), reading),
    failure: (status, headers, reply) =>
      openaiFailure(status, { date: new Date(options.now).toUTCString(), ...headers }, reply),
    amend: (failure) => amended(body, failure),
  }
}

function whole(bytes: Uint8Array, options: ReplyOptions): WholeReply {
  const parsed = parsedBody(bytes)
  if ('failure' in parsed) return parsed
  const seen = nothingSeen()
  const halves = partsCallTexts()
  const gather = options.keepSeals && gatherSeals(options.keepSeals)
  for (const part of parseReply(parsed.json)) {
    if (part.type === 'failure') return { failure: part.failure }
    note(seen, part)
    const half = halves.failure(part)
    if (half) return { failure: half, ...(seen.usage && { seen }) }
    gather?.(part)
  }
  return { body: editedResponse(parsed.text, parsed.json, { options, seen }), seen }
}

/** A whole response where a stream was asked for is a stream with little in it: its own parser tells what it is. */
function orPlain(events: StreamReader, options: ReplyOptions): StreamReader {
  let held: Uint8Array[] | undefined
  let decided = false
  return {
    push(chunk) {
      if (!decided) {
        const first = chunk.find((byte) => byte > 32)
        if (first === undefined) return events.push(chunk)
        decided = true
        if (first === 0x7b) held = []
      }
      if (!held) return events.push(chunk)
      held.push(chunk)
      return { bytes: [], content: false, tail: [], finished: false }
    },
    end() {
      if (!held) return events.end()
      const reply = whole(Buffer.concat(held), options)
      if ('failure' in reply) return { bytes: [], content: false, tail: [], finished: false, failure: reply.failure }
      return events.push(asEvents(String(reply.body)))
    },
    fail: (error) => events.fail(error),
    get seen() {
      return events.seen
    },
  }
}

/** The events that tell a whole response at once: items as they begin and end, then the response. */
function asEvents(text: string): Uint8Array {
  const response = objectOf(tryParse(text))
  const items = Array.isArray(response.output) ? response.output : []
  const events = [
    { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
    ...items.flatMap((item, index) => [
      {
        type: 'response.output_item.added',
        output_index: index,
        item: { ...objectOf(item), content: [], summary: [] },
      },
      { type: 'response.output_item.done', output_index: index, item },
    ]),
    { type: response.status === 'incomplete' ? 'response.incomplete' : 'response.completed', response },
  ]
  return Buffer.concat(
    events.map((event, number) => encodeSse(JSON.stringify({ ...event, sequence_number: number }), event.type)),
  )
}

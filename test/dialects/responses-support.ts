import type { JsonObject } from '../../lib/core/json.ts'
import type { Usage } from '../../lib/core/usage.ts'
import { anthropic } from '../../lib/dialects/anthropic/index.ts'
import type { Exchange, ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { openaiUpstream } from '../../lib/dialects/openai/upstream.ts'
import { parseResponsesCall } from '../../lib/dialects/responses/call.ts'
import { responsesClient } from '../../lib/dialects/responses/client.ts'
import { passThrough } from '../../lib/dialects/responses/passthrough.ts'
import { responsesUpstream } from '../../lib/dialects/responses/upstream.ts'
import type { UpstreamTongue } from '../../lib/dialects/tongue.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { callOf } from '../support/translated.ts'

export const options = (over: Partial<ExchangeOptions> = {}): ExchangeOptions => ({
  upstreamModel: 'gpt-5.4',
  publicModel: 'public',
  params: {},
  flags: { maxTokensField: 'byModel', developerRole: true },
  maxOutputTokens: 64_000,
  dropParams: false,
  additionalDropParams: [],
  dollars: (usage: Usage) => (usage.prompt * 3 + usage.completion * 15) / 1e6,
  requestId: '0123456789abcdef0123456789abcdef',
  now: 1_700_000_000_000,
  ...over,
})

const hello: JsonObject = { model: 'public', messages: [{ role: 'user', content: 'Hello' }] }

/** A chat client in front of a host of the responses API. */
export const chatExchange = (body: JsonObject = {}, over: Partial<ExchangeOptions> = {}): Exchange =>
  translator(openai, responsesUpstream)(callOf({ ...hello, ...body }), options(over))

export const sentBy = (exchange: Exchange): JsonObject => JSON.parse(exchange.body) as JsonObject

const input: JsonObject = { model: 'public', input: 'Hello' }

/** A responses client in front of another tongue. */
export const bridged = (
  body: JsonObject = {},
  { upstream = anthropic, ...over }: Partial<ExchangeOptions> & { upstream?: UpstreamTongue } = {},
): Exchange =>
  translator(responsesClient, upstream)(
    parseResponsesCall(JSON.stringify({ ...input, ...body })),
    options({ upstreamModel: 'claude-sonnet-4-5', flags: {}, ...over }),
  )

export const overChat = (body: JsonObject = {}, over: Partial<ExchangeOptions> = {}): Exchange =>
  bridged(body, { upstream: openaiUpstream, upstreamModel: 'llama', flags: { streamUsage: true }, ...over })

/** A responses client in front of a host of its own tongue. */
export const passing = (body: JsonObject = {}, over: Partial<ExchangeOptions> = {}): Exchange =>
  passThrough(parseResponsesCall(JSON.stringify({ ...input, ...body })), options(over))

/** A stream of this API from one event's JSON a line. */
export const framed = (lines: string): Buffer =>
  Buffer.from(
    lines
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => `event: ${(JSON.parse(line) as { type: string }).type}\ndata: ${line}\n\n`)
      .join(''),
  )

export type Event = JsonObject & { type: string; sequence_number: number }

/** The events of a stream, by a reading that shares nothing with ours. */
export const eventsIn = (stream: string): Event[] =>
  stream
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const [first, second] = block.split('\n')
      const event = JSON.parse((second ?? '').replace(/^data: /, '')) as Event
      if (first !== `event: ${event.type}`) throw new Error(`${first} is not ${event.type}`)
      return event
    })

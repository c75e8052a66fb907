import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { anthropicClient } from '../../lib/dialects/anthropic/client.ts'
import { parseMessagesCall } from '../../lib/dialects/anthropic/call.ts'
import { anthropic } from '../../lib/dialects/anthropic/index.ts'
import { passThrough } from '../../lib/dialects/anthropic/passthrough.ts'
import type { ChatCall, Exchange, ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { openaiUpstream } from '../../lib/dialects/openai/upstream.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { exchangeOptions } from './translated.ts'

export const asked: JsonObject = { model: 'claude', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] }

/** A call as it comes to /v1/messages. */
export const callOf = (body: JsonObject = {}, headers: Record<string, string> = {}): ChatCall =>
  parseMessagesCall(JSON.stringify({ ...asked, ...body }), headers)

const overChat = translator(anthropicClient, openaiUpstream)
const overHub = translator(anthropicClient, anthropic)

type Options = Partial<ExchangeOptions>

/** To a host of the chat completions API. */
export const chatExchangeOf = (call: ChatCall, options: Options = {}): Exchange =>
  overChat(call, exchangeOptions({ upstreamModel: 'some-model', ...options }))
export const chatExchange = (body: JsonObject = {}, options: Options = {}): Exchange =>
  chatExchangeOf(callOf(body), options)

/** To a host of the messages API, but through the hub: what it loses, the hub cannot say. */
export const hubExchange = (body: JsonObject = {}, options: Options = {}): Exchange =>
  overHub(callOf(body), exchangeOptions(options))

/** To a host of the messages API, passed on. */
export const passExchange = (
  body: JsonObject = {},
  options: Options = {},
  headers: Record<string, string> = {},
): Exchange => passThrough(callOf(body, headers), exchangeOptions(options))

/** The request that a chat host gets. */
export const chatSent = (body: JsonObject = {}, options: Options = {}): JsonObject =>
  JSON.parse(chatExchange(body, options).body) as JsonObject

export type Event = JsonObject & { type: string }

/** Events with data, by a reading of the format that shares nothing with ours; each must be named as its type. */
export function eventsOf(stream: string): Event[] {
  return stream
    .split('\n\n')
    .filter((block) => block.includes('data:'))
    .map((block) => {
      const [, name] = /^event: (.*)$/m.exec(block) ?? []
      const [, data = ''] = /^data: (.*)$/m.exec(block) ?? []
      const event = JSON.parse(data) as Event
      if (name !== event.type) throw new Error(`the event ${name} is named otherwise than its type ${event.type}`)
      return event
    })
}

/** What a client that joins the events ends up with. Throws where they come in an order that the API never has. */
export function messageOf(stream: string): JsonObject {
  const events = eventsOf(stream).filter(({ type }) => type !== 'ping')
  const content: JsonObject[] = []
  let message: JsonObject | undefined
  let open: number | undefined
  let json = ''
  for (const [at, event] of events.entries()) {
    const delta = objectOf(event.delta)
    const block = content[Number(event.index)] ?? {}
    switch (event.type) {
      case 'message_start':
        if (at !== 0) throw new Error('message_start is not first')
        message = { ...objectOf(event.message) }
        break
      case 'content_block_start':
        if (open !== undefined || event.index !== content.length)
          throw new Error(`block ${JSON.stringify(event.index)} at ${at}`)
        open = content.length
        content.push({ ...objectOf(event.content_block) })
        json = ''
        break
      case 'content_block_delta':
        if (open !== event.index) throw new Error(`a delta of block ${JSON.stringify(event.index)}, which is not open`)
        if (delta.type === 'text_delta') block.text = `${block.text as string}${delta.text as string}`
        if (delta.type === 'thinking_delta') block.thinking = `${block.thinking as string}${delta.thinking as string}`
        if (delta.type === 'signature_delta') block.signature = delta.signature ?? ''
        if (delta.type === 'compaction_delta') block.content = delta.content ?? null
        if (delta.type === 'citations_delta') block.citations = [...listOf(block.citations), delta.citation ?? null]
        if (delta.type === 'input_json_delta') json += delta.partial_json as string
        break
      case 'content_block_stop':
        if (open !== event.index) throw new Error(`the end of block ${JSON.stringify(event.index)}, which is not open`)
        if (json !== '') block.input = JSON.parse(json) as JsonObject
        open = undefined
        break
      case 'message_delta':
        if (open !== undefined) throw new Error('message_delta while a block is open')
        message = { ...message, ...delta, usage: { ...objectOf(message?.usage), ...objectOf(event.usage) } }
        break
      case 'message_stop':
        if (at !== events.length - 1) throw new Error('message_stop is not last')
        break
      default:
        throw new Error(`an event ${event.type}`)
    }
  }
  return { ...message, content }
}

import { describe, expect, it } from 'vitest'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { anthropicClient } from '../../lib/dialects/anthropic/client.ts'
import { withSeals } from '../../lib/dialects/openai/seals.ts'
import { responsesClient } from '../../lib/dialects/responses/client.ts'
import type { ClientTongue } from '../../lib/dialects/tongue.ts'
import { gemini } from '../../lib/dialects/gemini/index.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { exchangeContract, readAll } from '../contracts/exchange.ts'
import { exchangeOf, fixture, framed, streaming } from '../support/gemini.ts'
import { callOf, exchangeOptions } from '../support/translated.ts'

// A tool that Google runs between calls of functions is told in parts of its own, and wanted back with the functions' results.

const options = { upstreamModel: 'gemini-3-flash-preview', flags: { callIds: true }, webSearch: true }
const look = { name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } } } }
const chatTools: JsonObject[] = [{ type: 'function', function: look }, { type: 'google_search' }]
const stream = framed(fixture('own-tools'))

/** What Google wrote, as it wants it back. */
const turn = [
  '{"toolCall":{"id":"g1","toolType":"GOOGLE_SEARCH_WEB","args":{"queries":["northernmost town 78.0"]}},"thoughtSignature":"Y2FsbA=="}',
  '{"toolResponse":{"id":"g1","toolType":"GOOGLE_SEARCH_WEB","response":{"rank":1.50}},"thoughtSignature":"YW5zd2Vy"}',
  '{"functionCall":{"id":"f1","name":"look","args":{"at":"Ny-Ålesund"}},"thoughtSignature":"Zm4="}',
]
const whole = Buffer.from(
  `{"candidates":[{"content":{"role":"model","parts":[${turn.join(',')}]},"finishReason":"STOP"}],` +
    '"usageMetadata":{"promptTokenCount":60,"candidatesTokenCount":20}}',
)

const answered = (body: JsonObject, client?: ClientTongue): JsonObject => {
  const reply = exchangeOf(body, options, client).whole(whole)
  if ('failure' in reply) throw new Error(reply.failure.message)
  return JSON.parse(String(reply.body)) as JsonObject
}
const modelTurn = (sent: string): unknown =>
  listOf(objectOf(JSON.parse(sent)).contents)
    .map(objectOf)
    .find(({ role }) => role === 'model')?.parts
const expected = turn.map((part) => JSON.parse(part) as unknown)

const user: JsonObject = { role: 'user', content: 'Go' }
const result: JsonObject = { role: 'tool', tool_call_id: 'f1', content: 'Snow' }
const replied = () => objectOf(objectOf(listOf(answered({ tools: chatTools }).choices)[0]).message)

exchangeContract('an answer with tools of Google’s', () => streaming({ tools: chatTools }, options), {
  stream: stream.toString().replaceAll('\r\n', '\n'),
  completeAfter: 4,
  usage: { prompt: 60, completion: 30, cached: 0, reasoning: 10, webSearches: 1 },
})

describe('parts of tools that Google ran', () => {
  it('come back as they were from a client of chat completions that keeps reasoning, numbers included', () => {
    const { body } = exchangeOf({ tools: chatTools, messages: [user, replied(), result] }, options)

    expect(modelTurn(body)).toEqual(expected)
    for (const part of turn) expect(body).toContain(part)
  })

  it('come back from a client of the messages API, which keeps blocks', () => {
    const tools = [
      { name: 'look', input_schema: look.parameters },
      { type: 'web_search_20250305', name: 'web_search' },
    ]
    const asked = { max_tokens: 100, tools }
    const { content = null } = answered({ ...asked, messages: [user] }, anthropicClient)
    const results = [{ type: 'tool_result', tool_use_id: 'f1', content: 'Snow' }]
    const messages = [user, { role: 'assistant', content }, { role: 'user', content: results }]

    expect(modelTurn(exchangeOf({ ...asked, messages }, options, anthropicClient).body)).toEqual(expected)
  })

  it('are told again only where the request asks for such tools', () => {
    const [, functions] = [chatTools, chatTools.slice(0, 1)]
    const { body } = exchangeOf({ tools: functions, messages: [user, replied(), result] }, options)

    expect(modelTurn(body)).toEqual(expected.slice(2))
  })

  it('are kept for a client that drops reasoning, and return with its results', () => {
    const kept = new Map<string, JsonObject[]>()
    const keepSeals = (id: string, details: JsonObject[]) => void kept.set(id, details)
    readAll(exchangeOf({ stream: true, tools: chatTools }, { ...options, keepSeals }), [stream])
    const { tool_calls: calls = [] } = replied()
    const plain = { role: 'assistant', content: null, tool_calls: calls }

    const messages = withSeals({ messages: [user, plain, result] }, kept).messages ?? []
    const { body } = exchangeOf({ tools: chatTools, messages }, options)

    expect(modelTurn(body)).toEqual(expected)
  })

  it('hold nothing else: a client could hide in them what is paid for', () => {
    const part = { toolCall: { id: 'g1' }, fileData: { fileUri: 'https://files.example/a.mp4' } }
    const data = Buffer.from(JSON.stringify(part)).toString('base64')
    const details = [{ type: 'reasoning.encrypted', data, format: 'google-gemini-part-v1' }]
    const { body } = exchangeOf(
      { tools: chatTools, messages: [user, { ...replied(), reasoning_details: details }, result] },
      options,
    )

    expect(body).toContain('"toolCall":{"id":"g1"}')
    expect(body).not.toContain('fileData')
  })

  it('come back from a client of the responses API', () => {
    const tools = [{ type: 'function', ...look }, { type: 'web_search' }]
    const asking = (input: JsonObject['']) =>
      translator(responsesClient, gemini)(callOf({ model: 'm', tools, input }), exchangeOptions(options))
    const reply = asking('Go').whole(whole)
    if ('failure' in reply) throw new Error(reply.failure.message)
    const { output } = JSON.parse(String(reply.body)) as JsonObject
    const result = { type: 'function_call_output', call_id: 'f1', output: 'Snow' }

    expect(modelTurn(asking([user, ...listOf(output), result]).body)).toEqual(expected)
  })
})

import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../lib/core/errors.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import { parseChatCall } from '../../lib/dialects/openai/call.ts'
import { passThrough } from '../../lib/dialects/openai/passthrough.ts'
import { call, options, streamCall } from './openai-support.ts'

const messages = [{ role: 'user', content: 'hi' }]
type Options = Parameters<typeof options>[0]
const sent = (more: JsonObject, how: Options = {}) => {
  const { body, dropped } = passThrough(call(more), options(how))
  const { messages: _, ...rest } = JSON.parse(body) as JsonObject
  return { ...rest, dropped }
}
const model = 'gpt-4.1-nano'

const optionsSent = (more: JsonObject, how: Options = {}) =>
  (JSON.parse(passThrough(call({ stream: true, ...more }), options(how)).body) as JsonObject).stream_options

describe('a passed request', () => {
  test('is the text of the client but for the model', () => {
    const text =
      '{ "model":"small",\n "seed": 12345678901234567890, "messages" : [{"role":"user","content":"\\u00fc"}] }'

    expect(passThrough(parseChatCall(text), options()).body).toBe(text.replace('"small"', '"gpt-4.1-nano"'))
  })

  test('takes the defaults of the deployment, under what the client sent', () => {
    const params = { temperature: 0.1, top_p: 0.5, model: 'x', stream: true, extra_body: { top_k: 4 } }

    expect(sent({ temperature: 0.9, top_p: null }, { params })).toEqual({
      model,
      temperature: 0.9,
      top_p: 0.5,
      top_k: 4,
      dropped: [],
    })
  })

  test('loses nulls, empty lists, and what is for the gateway only', () => {
    const gone = { temperature: null, stop: '', tools: [], tool_choice: 'auto', parallel_tool_calls: true }
    const own = {
      fallbacks: ['a'],
      num_retries: 3,
      timeout: 5,
      tags: ['t'],
      cache: {},
      api_key: 'sk-x',
      litellm_metadata: {},
    }

    expect(sent({ ...gone, ...own, user: 'u' })).toEqual({ model, user: 'u', dropped: [] })
  })

  test('carries metadata only where OpenAI keeps it, without the part that is for the gateway', () => {
    const metadata = { tags: ['a'], team: 'x', nested: {} }

    expect(sent({ metadata })).toEqual({ model, dropped: [] })
    expect(sent({ metadata, store: true })).toMatchObject({ metadata: { team: 'x' }, store: true })
  })

  test('asks no host of the older half not to store: it does not, and may refuse the question', () => {
    const older = { flags: { developerRole: false } }

    expect(sent({ store: false }, older)).toEqual({ model, dropped: [] })
    expect(sent({ store: true }, older)).toEqual({ model, store: true, dropped: [] })
    expect(sent({ store: false })).toEqual({ model, store: false, dropped: [] })
  })

  test.each([
    [{ max_tokens: 9 }, 'gpt-4o-mini', { max_tokens: 9 }],
    [{ max_completion_tokens: 9 }, 'gpt-4o-mini', { max_completion_tokens: 9 }],
    [{ max_tokens: 9 }, 'o4-mini-2025-04-16', { max_completion_tokens: 9 }],
    [{ max_tokens: 9 }, 'gpt-5.1', { max_completion_tokens: 9 }],
    [{ max_tokens: 9, max_completion_tokens: 7 }, 'gpt-5', { max_completion_tokens: 7 }],
    [{}, 'gpt-5', {}],
  ])('names the output cap %j as %s knows it', (cap, upstreamModel, expected) => {
    expect(sent(cap, { upstreamModel })).toEqual({ model: upstreamModel, ...expected, dropped: [] })
  })

  test('sends the cap it was told to, under one name, whatever the client and the defaults say', () => {
    const how = { outputCap: 5, params: { max_completion_tokens: 100 } }

    expect(sent({ max_tokens: 9 }, how)).toEqual({ model, max_completion_tokens: 5, dropped: [] })
    expect(sent({ max_tokens: 9 }, { outputCap: 5 })).toEqual({ model, max_tokens: 5, dropped: [] })
    expect(sent({}, { ...how, flags: {} })).toMatchObject({ max_completion_tokens: 5 })
    expect(sent({ max_tokens: 9 }, { params: { max_completion_tokens: 100 } })).toEqual({
      model,
      max_completion_tokens: 9,
      dropped: [],
    })
    expect(sent({ max_completion_tokens: 9 }, { flags: {} })).toEqual({ model, max_completion_tokens: 9, dropped: [] })
  })

  test('asks for the usage of a stream, where that may be asked', () => {
    expect(optionsSent({})).toEqual({ include_usage: true })
    expect(optionsSent({ stream_options: { include_usage: false, include_obfuscation: false } })).toEqual({
      include_usage: true,
      include_obfuscation: false,
    })
    expect(optionsSent({ stream_options: { include_usage: true } }, { flags: {} })).toBeUndefined()
    expect(sent({ stream_options: { include_usage: true } })).toEqual({ model, dropped: [] })
  })

  test('leaves stream options as they are where they ask for usage already', () => {
    const request = streamCall()

    expect(passThrough(request, options()).body).toBe(request.text.replace('"small"', '"gpt-4.1-nano"'))
  })

  test('turns developer into system where the host does not know it', () => {
    const conversation = [{ role: 'developer', content: 'a' }, ...messages, { role: 'developer', content: 'b' }]
    const roles = (how: Options) =>
      (JSON.parse(passThrough(call({ messages: conversation }), options(how)).body) as typeof request).messages.map(
        (message) => message.role,
      )
    const request = { messages: conversation }

    expect(roles({ flags: {} })).toEqual(['system', 'user', 'system'])
    expect(roles({ flags: { developerRole: true } })).toEqual(['developer', 'user', 'developer'])
  })

  test('refuses a parameter that the host refuses, naming it', () => {
    const how = { flags: { refusedParams: ['logit_bias', 'seed'] } }

    expect(() => sent({ logit_bias: {} }, how)).toThrow(GatewayError)
    expect(() => sent({ logit_bias: {} }, how)).toThrow(
      /'logit_bias' is not supported by model 'gpt-4.1-nano'.*drop_params/,
    )
  })

  test('drops and names it where parameters are to be dropped', () => {
    const flags = { refusedParams: ['logit_bias', 'seed', 'n'] }

    expect(sent({ logit_bias: {}, seed: 1, user: 'u' }, { flags, dropParams: true, params: { n: 2 } })).toEqual({
      model,
      user: 'u',
      dropped: ['logit_bias', 'seed', 'n'],
    })
    expect(sent({ n: 1 }, { flags })).toEqual({ model, dropped: ['n'] })
  })

  test('drops what the deployment names in any case, inside objects too', () => {
    const how = { additionalDropParams: ['user', 'response_format.json_schema.strict', 'absent'] }
    const format = { type: 'json_schema', json_schema: { name: 'x', strict: true } }

    expect(sent({ user: 'u', response_format: format }, how)).toEqual({
      model,
      response_format: { type: 'json_schema', json_schema: { name: 'x' } },
      dropped: ['user', 'response_format.json_schema.strict'],
    })
  })
})

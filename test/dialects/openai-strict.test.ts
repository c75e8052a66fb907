import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { parseChatCall } from '../../lib/dialects/openai/call.ts'
import { passThrough } from '../../lib/dialects/openai/passthrough.ts'
import { call, options } from './openai-support.ts'

type Options = Parameters<typeof options>[0]
const strict = { maxTokensField: 'byModel', developerRole: true, strictFields: true } as const
const sent = (more: JsonObject, how: Options = {}) => {
  const { body, dropped } = passThrough(call(more), options(how))
  return { body: JSON.parse(body) as JsonObject, dropped }
}

const mark = { cache_control: { type: 'ephemeral' } }
const own = { provider_specific_fields: { x: 1 } }
const foreign = {
  messages: [
    {
      ...mark,
      role: 'system',
      content: [
        { type: 'text', text: 'a' },
        { ...mark, type: 'text', text: 'b' },
      ],
    },
    { role: 'user', content: 'q', ...mark },
    {
      role: 'assistant',
      reasoning_content: 'r',
      content: null,
      thinking_blocks: [{ type: 'thinking', thinking: 'r', signature: 's' }],
      reasoning_details: [],
      tool_calls: [{ id: 'c', type: 'function', ...own, function: { name: 'f', arguments: '{"cache_control":1}' } }],
      ...own,
    },
    { role: 'tool', tool_call_id: 'c', content: 'reasoning_content' },
  ],
  tools: [
    { type: 'function', function: { name: 'f', ...mark, parameters: { properties: { cache_control: {} } } } },
    { type: 'function', function: { name: 'g' }, ...mark },
  ],
}
const plain = {
  messages: [
    {
      role: 'system',
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    },
    { role: 'user', content: 'q' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"cache_control":1}' } }],
    },
    { role: 'tool', tool_call_id: 'c', content: 'reasoning_content' },
  ],
  tools: [
    { type: 'function', function: { name: 'f', parameters: { properties: { cache_control: {} } } } },
    { type: 'function', function: { name: 'g' } },
  ],
}

describe('a request to a host that refuses unknown fields', () => {
  test('loses the fields of other tongues in messages and tools, and says nothing of it', () => {
    expect(sent(foreign, { flags: strict })).toEqual({ body: { model: 'gpt-4.1-nano', ...plain }, dropped: [] })
  })

  test('loses parameters of other tongues, of the client or by default, and names them', () => {
    const params = { cache_control: { type: 'ephemeral' } }
    const { body, dropped } = sent({ thinking: { type: 'enabled', budget_tokens: 9 } }, { flags: strict, params })

    expect(Object.keys(body).sort()).toEqual(['messages', 'model'])
    expect(dropped).toEqual(['thinking', 'cache_control'])
  })

  test('keeps its bytes where it has none of them', () => {
    const text = ` { "model":"small", "seed":12345678901234567890, "messages" : [ {"role":"assistant" ,"content":[ {"type":"text","text":"\\u00fc"} ],"annotations":[]} ,{"role":"user","content":"x"} ] ,"tools":[ {"type":"function","function":{"name":"f"} } ] }`

    expect(passThrough(parseChatCall(text), options({ flags: strict })).body).toBe(
      text.replace('"small"', '"gpt-4.1-nano"'),
    )
  })

  test('keeps every other byte where it has some', () => {
    const text = `{"model":"gpt-4.1-nano","messages": [ {"role":"user", "content":"\\u00fc","n":1.0} , {"role":"assistant", "content":"a" ,"reasoning_content":"b"} ] }`

    expect(passThrough(parseChatCall(text), options({ flags: strict })).body).toBe(
      text.replace(' ,"reasoning_content":"b"', ''),
    )
  })
})

describe('a request to a host of the older half of the API that refuses unknown fields', () => {
  const older = { maxTokensField: 'max_tokens', developerRole: false, strictFields: true } as const

  test('loses what the SDKs of newer hosts keep of an answer', () => {
    const answer = { role: 'assistant', content: 'a', refusal: null, annotations: [], audio: null, parsed: { a: 1 } }
    const messages = [{ role: 'user', content: 'q' }, answer, { role: 'user', content: 'r' }]

    expect(sent({ messages }, { flags: older }).body.messages).toEqual([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'a' },
      { role: 'user', content: 'r' },
    ])
    expect(sent({ messages }, { flags: strict }).body.messages).toEqual([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'a', refusal: null, annotations: [], audio: null, parsed: { a: 1 } },
      { role: 'user', content: 'r' },
    ])
  })

  test('loses newer hints that change nothing of what is asked, and names them', () => {
    const hints = { prompt_cache_key: 'k', prompt_cache_retention: '24h', safety_identifier: 's', verbosity: 'low' }
    const { body, dropped } = sent(hints, { flags: older })

    expect(Object.keys(body).sort()).toEqual(['messages', 'model'])
    expect(dropped).toEqual(Object.keys(hints))
    expect(sent(hints, { flags: strict }).body).toMatchObject(hints)
  })

  test('keeps reasoning of earlier turns in the words of its own rule', () => {
    const answer = { role: 'assistant', content: 'a', reasoning_content: 'because', thinking_blocks: [] }
    const { body } = sent(
      { messages: [{ role: 'user', content: 'q' }, answer, { role: 'user', content: 'r' }] },
      { flags: { ...older, reasoningHistory: 'reasoning' } },
    )

    expect(body.messages).toMatchObject([{}, { role: 'assistant', content: 'a', reasoning: 'because' }, {}])
    expect(JSON.stringify(body)).not.toContain('reasoning_content')
  })
})

test('an effort as OpenRouter has it is one as OpenAI has it for a strict host', () => {
  expect(sent({ reasoning: { effort: 'low' } }, { flags: strict })).toMatchObject({
    body: { reasoning_effort: 'low' },
    dropped: [],
  })
  expect(sent({ reasoning: { effort: 'low' } }, { flags: strict }).body).not.toHaveProperty('reasoning')
  expect(sent({ reasoning: { effort: 'low' } }, {}).body).toMatchObject({ reasoning: { effort: 'low' } })
})

test('a request to any other host keeps the fields of other tongues', () => {
  const body = { ...foreign, thinking: { type: 'enabled' } }

  expect(sent(body)).toEqual({ body: { model: 'gpt-4.1-nano', ...body }, dropped: [] })
})

const sampling = {
  temperature: 0.5,
  top_p: 0.9,
  presence_penalty: 0,
  frequency_penalty: 1,
  logprobs: true,
  top_logprobs: 2,
  logit_bias: {},
}

describe('sampling parameters', () => {
  test.each(['o1', 'o3-mini', 'openai/o4-mini-2025-04-16', 'gpt-5', 'gpt-5-mini', 'gpt-5.1', 'gpt-5.0'])(
    'are dropped and named for %s where parameters are to be dropped',
    (upstreamModel) => {
      const { body, dropped } = sent({ ...sampling, seed: 1 }, { upstreamModel, dropParams: true })

      expect(Object.keys(body).sort()).toEqual(['messages', 'model', 'seed'])
      expect(dropped).toEqual(Object.keys(sampling))
    },
  )

  test('are dropped where they are defaults of the deployment', () => {
    const how = { upstreamModel: 'o3', dropParams: true, params: { temperature: 0, top_p: 1 } }

    expect(sent({ temperature: 1 }, how)).toMatchObject({ body: { temperature: 1 }, dropped: ['top_p'] })
  })

  test.each(['gpt-4o', 'gpt-5-chat-latest', 'gpt-5.1-chat-latest', 'o365-assistant', 'my-o1'])(
    'travel to %s',
    (upstreamModel) => {
      expect(sent(sampling, { upstreamModel, dropParams: true })).toMatchObject({ body: sampling, dropped: [] })
    },
  )

  test('travel to models that can be told not to reason, and are', () => {
    const request = { ...sampling, reasoning_effort: 'none' }
    const dropped = (upstreamModel: string, more: JsonObject = {}) =>
      sent({ ...request, ...more }, { upstreamModel, dropParams: true }).dropped.length

    expect([dropped('gpt-5.1'), dropped('gpt-5.2-2025-12-11')]).toEqual([0, 0])
    expect([dropped('gpt-5'), dropped('gpt-5.1', { reasoning_effort: 'low' })]).toEqual([7, 7])
  })

  test('travel where nothing is to be dropped, and to hosts that do not name caps by model', () => {
    expect(sent(sampling, { upstreamModel: 'o3' })).toMatchObject({ body: sampling, dropped: [] })
    expect(sent(sampling, { upstreamModel: 'o3', dropParams: true, flags: {} })).toMatchObject({ body: sampling })
  })
})

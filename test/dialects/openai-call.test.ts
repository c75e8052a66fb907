import { describe, expect, test } from 'vitest'
import { parseChatCall } from '../../lib/dialects/openai/call.ts'
import { errorOf } from '../support/thrown.ts'

const messages = [{ role: 'user', content: 'hi' }]

const tool = (more: object) => ({ type: 'function', function: { name: 'f', ...more } })

const read = (more: object) => parseChatCall(JSON.stringify({ model: 'm', messages, ...more }))

describe('reading a chat request', () => {
  test('keeps the text as it came', () => {
    const text = '{ "messages": [{"role":"user","content":"h\\u0069"}], "model":"m", "big": 12345678901234567890 }'

    expect(parseChatCall(text)).toMatchObject({ text, model: 'm', stream: false, includeUsage: false })
  })

  test('sees whether to stream, and with usage', () => {
    expect(read({ stream: true })).toMatchObject({ stream: true, includeUsage: false })
    expect(read({ stream: true, stream_options: { include_usage: true } })).toMatchObject({ includeUsage: true })
  })

  test('accepts an empty list as the schema of no parameters, as PHP writes it', () => {
    expect(read({ tools: [tool({ parameters: [], description: null, strict: null })] }).model).toBe('m')
  })

  test('accepts null, unknown fields, every role and lists of parts', () => {
    const body = {
      model: 'm',
      temperature: null,
      tools: null,
      stream: null,
      unheard_of: { a: 1 },
      logprobs: 5,
      messages: [
        { role: 'developer', content: 'a' },
        { role: 'system', content: 'a' },
        { role: 'user', content: [{ type: 'text', text: 'a' }], name: 'x' },
        { role: 'assistant', content: null, tool_calls: [{ id: '1', type: 'function', function: { name: 'f' } }] },
        { role: 'tool', tool_call_id: '1', content: 'a' },
        { role: 'function', name: 'f', content: 'a' },
      ],
    }

    expect(parseChatCall(JSON.stringify(body)).body).toEqual(body)
  })

  test('names line and column of a fault in the JSON', () => {
    const error = errorOf(() => parseChatCall('{"model": "m",\n "messages": [}'))

    expect([error.code, error.status]).toEqual(['invalid_json', 400])
    expect(error.message).toContain('line 2, column 15 (position 29)')
  })

  test.each([
    [{ messages }, 'model', 'is missing'],
    [{ model: '', messages }, 'model', 'is ""'],
    [{ model: 5, messages }, 'model', 'is 5'],
    [{ model: 'm' }, 'messages', 'is missing'],
    [{ model: 'm', messages: [] }, 'messages', 'is []'],
    [{ model: 'm', messages: 'hi' }, 'messages', 'is "hi"'],
    [{ model: 'm', messages: ['hi'] }, 'messages[0]', 'is "hi"'],
    [{ model: 'm', messages: [{ role: 'robot', content: '' }] }, 'messages[0].role', 'is "robot"'],
    [{ model: 'm', messages: [{ content: '' }] }, 'messages[0].role', 'is missing'],
    [{ model: 'm', messages: [{ role: 'user', content: 7 }] }, 'messages[0].content', 'is 7'],
    [{ model: 'm', messages: [{ role: 'user', content: ['x'] }] }, 'messages[0].content', 'is ["x"]'],
    [{ model: 'm', messages, temperature: '0.7' }, 'temperature', 'is "0.7"'],
    [{ model: 'm', messages, temperature: 3 }, 'temperature', 'is 3'],
    [{ model: 'm', messages, max_tokens: 1.5 }, 'max_tokens', 'is 1.5'],
    [{ model: 'm', messages, max_tokens: -1 }, 'max_tokens', 'is -1'],
    [{ model: 'm', messages, max_completion_tokens: '10' }, 'max_completion_tokens', 'is "10"'],
    [{ model: 'm', messages, n: 0 }, 'n', 'is 0'],
    [{ model: 'm', messages, stream: 'true' }, 'stream', 'is "true"'],
    [{ model: 'm', messages, stream_options: true }, 'stream_options', 'is true'],
    [{ model: 'm', messages, tools: {} }, 'tools', 'is {}'],
    [{ model: 'm', messages, tools: [{ type: 'function' }] }, 'tools', 'is [{'],
    [{ model: 'm', messages, tools: [tool({ parameters: 1 })] }, 'tools[0].function.parameters', 'is 1'],
    [{ model: 'm', messages, tools: [tool({ description: [] })] }, 'tools[0].function.description', 'is []'],
    [{ model: 'm', messages, tools: [tool({ strict: 'yes' })] }, 'tools[0].function.strict', 'is "yes"'],
    [
      { model: 'm', messages: [{ role: 'assistant', tool_calls: [{ id: {} }] }] },
      'messages[0].tool_calls[0].id',
      'is {}',
    ],
    [{ model: 'm', messages, stop: [1] }, 'stop', 'is [1]'],
    [{ model: 'm', messages, response_format: 'json' }, 'response_format', 'is "json"'],
  ])('refuses %j', (body, param, words) => {
    const error = errorOf(() => parseChatCall(JSON.stringify(body)))

    expect([error.code, error.status, error.detail.param]).toEqual(['invalid_request', 400, param])
    expect(error.message).toContain(words)
    expect(error.message).toContain('expected')
  })

  test('refuses numbers that are not finite, lists, and nesting without end', () => {
    expect(
      errorOf(() => parseChatCall('{"model":"m","messages":[{"role":"user"}],"max_tokens":1e999}')).detail.param,
    ).toBe('max_tokens')
    expect(errorOf(() => parseChatCall('[]')).message).toContain('a JSON object')
    expect(errorOf(() => parseChatCall(`{"a":${'['.repeat(300_000)}${']'.repeat(300_000)}}`)).message).toContain(
      'nested',
    )
  })

  test('a key that is written twice is rewritten, so that the provider reads what was checked', () => {
    const text = '{"model":"m","n":100,"messages":[{"role":"user","content":"a","content":"b"}],"n":1}'

    expect(parseChatCall(text).text).toBe('{"model":"m","n":1,"messages":[{"role":"user","content":"b"}]}')
  })

  test('a colon inside a text is no second key', () => {
    const text = '{"model":"m", "messages":[{"role":"user","content":"\\"a\\" : \\"b\\": c"}]}'

    expect(parseChatCall(text).text).toBe(text)
  })

  test('extra_body is merged as SDKs merge it, under what stands beside it', () => {
    const { body, text } = parseChatCall(
      JSON.stringify({ model: 'm', messages, max_tokens: 5, extra_body: { max_tokens: 9, top_k: 3 } }),
    )

    expect(body).toEqual({ model: 'm', messages, max_tokens: 5, top_k: 3 })
    expect(JSON.parse(text)).toEqual(body)
  })
})

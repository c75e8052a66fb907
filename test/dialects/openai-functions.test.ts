import { describe, expect, test } from 'vitest'
import { type JsonObject, objectOf, stringOf } from '../../lib/core/json.ts'
import { framed, exchangeOf, sent, streamed } from '../support/translated.ts'

const look: JsonObject = { name: 'look', description: 'Looks', parameters: { type: 'object', properties: {} } }
const asked: JsonObject = {
  messages: [
    { role: 'user', content: 'Look twice' },
    { role: 'assistant', content: null, function_call: { name: 'look', arguments: '{"n":1}' } },
    { role: 'function', name: 'look', content: 'Once' },
  ],
  functions: [look],
  function_call: { name: 'look' },
}

const usage = { input_tokens: 3, output_tokens: 4 }
const calls = [1, 2].map((n) => ({ type: 'tool_use', id: `t${n}`, name: 'look', input: { n } }))
const whole = JSON.stringify({ id: 'm', model: 'c', content: calls, stop_reason: 'tool_use', usage })
const stream = framed(
  [
    { type: 'message_start', message: { id: 'm', model: 'c', usage } },
    ...calls.flatMap(({ input, ...block }, index) => [
      { type: 'content_block_start', index, content_block: { ...block, input: {} } },
      {
        type: 'content_block_delta',
        index,
        delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) },
      },
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage },
    { type: 'message_stop' },
  ]
    .map((event) => JSON.stringify(event))
    .join('\n'),
)

describe('a client that speaks of functions', () => {
  test('is understood, and may call one at a time', () => {
    expect(sent(asked)).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1_0', name: 'look', input: { n: 1 } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1_0' }] },
      ],
      tools: [{ name: 'look', description: 'Looks' }],
      tool_choice: { type: 'tool', name: 'look', disable_parallel_tool_use: true },
    })
  })

  test('may leave the choice to the model', () => {
    expect(sent({ ...asked, function_call: 'auto' }).tool_choice).toMatchObject({ type: 'auto' })
    expect(sent({ ...asked, function_call: 'none' }).tool_choice).toMatchObject({ type: 'none' })
  })

  test('is answered with one function call, whole and streamed', () => {
    const reply = exchangeOf(asked).whole(Buffer.from(whole))
    if ('failure' in reply) return expect.fail(reply.failure.message)
    const { choices } = JSON.parse(String(reply.body)) as { choices: { message: JsonObject }[] }

    expect(choices).toMatchObject([{ finish_reason: 'function_call', message: { content: null } }])
    expect(choices[0]?.message.function_call).toEqual({ name: 'look', arguments: '{"n":1}' })
    expect(choices[0]?.message).not.toHaveProperty('tool_calls')
    const { bytes, tail } = streamed(exchangeOf({ ...asked, stream: true }), [stream])
    const joined = { name: '', arguments: '' }
    for (const [, data] of (bytes + tail).matchAll(/^data: (\{.*)$/gm)) {
      const chunk = JSON.parse(data ?? '') as { choices: { delta: JsonObject }[] }
      const piece = objectOf(chunk.choices[0]?.delta.function_call)
      joined.name += stringOf(piece.name) ?? ''
      joined.arguments += stringOf(piece.arguments) ?? ''
    }
    expect(joined).toEqual({ name: 'look', arguments: '{"n":1}' })
    expect(tail).toContain('"finish_reason":"function_call"')
    expect(bytes + tail).not.toContain('tool_calls')
  })

  test('is told where a result answers no call', () => {
    const messages = [{ role: 'function', name: 'look', content: 'Once' }]

    expect(() => sent({ ...asked, messages })).toThrow('messages[0].role')
  })

  test('and of tools besides is refused, because only one of them would be heard', () => {
    expect(() => sent({ ...asked, tools: [{ type: 'function', function: look }] })).toThrow('function')
  })
})

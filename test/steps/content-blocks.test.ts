import { describe, expect, test } from 'vitest'
import { blockMessages, itemMessages } from '../../lib/steps/content-blocks.ts'
import { listener } from '../../lib/steps/content-output.ts'

const image = { type: 'base64', media_type: 'image/png', data: 'aGk=' }

describe('a conversation for telemetry', () => {
  test('of the messages API says calls, results and thoughts, and what was not text without its bytes', () => {
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'image', source: image },
          { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 's' },
          { type: 'redacted_thinking', data: 'x' },
          { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'ok' }] }] },
    ]

    expect(blockMessages({ system: [{ type: 'text', text: 'Be brief.' }], messages })).toEqual([
      { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
      {
        role: 'user',
        parts: [
          { type: 'image', omitted: true },
          { type: 'uri', modality: 'image', uri: 'https://x.test/a.png' },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Hm.' },
          { type: 'tool_call', id: 't1', name: 'f', arguments: { a: 1 } },
        ],
      },
      { role: 'user', parts: [{ type: 'tool_call_response', id: 't1', response: [{ type: 'text', content: 'ok' }] }] },
    ])
  })

  test('of the responses API says every item', () => {
    const input = [
      { role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
      { type: 'function_call_output', call_id: 'c1', output: 'ok' },
    ]

    expect(itemMessages({ input })).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'f', arguments: { a: 1 } }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'ok' }] },
    ])
    expect(itemMessages({ input: 'Hi' })).toEqual([{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }])
  })
})

describe('an answer of the messages API for telemetry', () => {
  const event = (data: object) => Buffer.from(`data: ${JSON.stringify(data)}\n\n`)
  const begun = [
    event({ type: 'message_start', message: {} }),
    event({
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: 't1', name: 'f', input: {} },
    }),
    event({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"a":' } }),
    event({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '1}' } }),
  ]
  const call = { type: 'tool_call', id: 't1', name: 'f', arguments: { a: 1 } }

  test('is gathered from its events, and says where it broke off', () => {
    const [cut, whole] = [listener(), listener()]
    for (const piece of begun) cut.push(piece)
    for (const piece of [...begun, event({ type: 'message_delta', delta: { stop_reason: 'tool_use' } })])
      whole.push(piece)

    expect(cut.messages()).toEqual([{ role: 'assistant', parts: [call], finish_reason: 'error' }])
    expect(whole.messages()).toEqual([{ role: 'assistant', parts: [call], finish_reason: 'tool_call' }])
  })

  test('is read whole', () => {
    const ear = listener()

    ear.whole(JSON.stringify({ type: 'message', content: [{ type: 'text', text: 'Hi' }], stop_reason: 'max_tokens' }))

    expect(ear.messages()).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'Hi' }], finish_reason: 'length' },
    ])
  })
})

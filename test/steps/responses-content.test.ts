import { describe, expect, it } from 'vitest'
import { listener } from '../../lib/steps/content-output.ts'

const response = {
  object: 'response',
  incomplete_details: null,
  output: [
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] },
    { type: 'message', content: [{ type: 'output_text', text: 'Look' }] },
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":1}' },
  ],
}
const said = [
  {
    role: 'assistant',
    parts: [
      { type: 'reasoning', content: 'Hm.' },
      { type: 'text', content: 'Look' },
      { type: 'tool_call', id: 'c', name: 'f', arguments: { a: 1 } },
    ],
    finish_reason: 'tool_call',
  },
]

describe('what is heard of a response', () => {
  it('is its items, whole', () => {
    const ear = listener()
    ear.whole(JSON.stringify(response))

    expect(ear.messages()).toEqual(said)
  })

  it('is the same of a stream, however its bytes are cut', () => {
    const ear = listener()
    const wire = Buffer.from(
      `event: response.completed\ndata: ${JSON.stringify({ type: 'response.completed', response })}\n\n`,
    )
    for (const byte of wire) ear.push(Uint8Array.of(byte))

    expect(ear.messages()).toEqual(said)
  })

  it('is told to be cut short where it was', () => {
    const ear = listener()
    ear.whole(JSON.stringify({ ...response, incomplete_details: { reason: 'max_output_tokens' } }))

    expect(ear.messages()).toMatchObject([{ finish_reason: 'length' }])
  })
})

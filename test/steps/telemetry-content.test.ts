import { describe, expect, it } from 'vitest'
import { fitted } from '../../lib/steps/content-fit.ts'
import { inputMessages } from '../../lib/steps/content-input.ts'
import { listener } from '../../lib/steps/content-output.ts'

const sse = (...events: unknown[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
const delta = (said: unknown, finish: string | null = null) => ({
  choices: [{ index: 0, delta: said, finish_reason: finish }],
})
const text = (content: string) => ({ role: 'user', parts: [{ type: 'text', content }] })

describe('a conversation', () => {
  it('is written as the conventions write one', () => {
    const messages = inputMessages({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'Oslo, then.',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      ],
    })

    expect(messages).toEqual([
      { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
      { role: 'user', parts: [{ type: 'text', content: 'Weather?' }] },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Oslo, then.' },
          { type: 'tool_call', id: 'c1', name: 'weather', arguments: { city: 'Oslo' } },
        ],
      },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'rain' }] },
    ])
  })

  it('has no bytes of images and files in it', () => {
    const content = [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
    ]

    const [message] = inputMessages({ messages: [{ role: 'user', content }] })

    expect(message).toEqual({
      role: 'user',
      parts: [
        { type: 'image_url', omitted: true },
        { type: 'uri', modality: 'image', uri: 'https://example.com/a.png' },
        { type: 'input_audio', omitted: true },
      ],
    })
  })
})

describe('an answer that is listened to', () => {
  const stream = sse(
    delta({ role: 'assistant', content: '' }),
    delta({ reasoning_content: 'Hm. ' }),
    delta({ content: 'Grüß' }),
    delta({ content: ' dich' }),
    delta({ tool_calls: [{ index: 0, id: 'c1', function: { name: 'weather', arguments: '{"ci' } }] }),
    delta({ tool_calls: [{ index: 0, function: { arguments: 'ty":"Oslo"}' } }] }),
    delta({}, 'tool_calls'),
  )
  const whole = [
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', content: 'Hm. ' },
        { type: 'text', content: 'Grüß dich' },
        { type: 'tool_call', id: 'c1', name: 'weather', arguments: { city: 'Oslo' } },
      ],
      finish_reason: 'tool_calls',
    },
  ]

  it('is the same wherever its bytes are cut', () => {
    const bytes = Buffer.from(`${stream}data: [DONE]\n\n`)
    for (const size of [1, 7, bytes.length]) {
      const ear = listener()
      for (let at = 0; at < bytes.length; at += size) ear.push(bytes.subarray(at, at + size))

      expect(ear.messages()).toEqual(whole)
    }
  })

  it('is the same as a whole reply', () => {
    const ear = listener()
    const message = {
      role: 'assistant',
      content: 'Grüß dich',
      reasoning_content: 'Hm. ',
      tool_calls: [{ id: 'c1', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
    }
    ear.whole(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }))

    expect(ear.messages()).toEqual(whole)
  })

  it('says that it never came to its end', () => {
    const ear = listener()
    ear.push(Buffer.from(sse(delta({ content: 'Grü' }))))

    expect(ear.messages()).toMatchObject([{ finish_reason: 'error' }])
  })
})

describe('what is too large for the bus', () => {
  it('keeps the newest messages whole', () => {
    const messages = [text('a'.repeat(900)), text('b'.repeat(300)), text('c')]

    expect(fitted(messages, 600)).toEqual({ messages: [text('b'.repeat(300)), text('c')], truncated: true })
    expect(fitted(messages, 5000)).toEqual({ messages, truncated: false })
  })

  it('cuts the text of one that is too large by itself, and stays within the limit', () => {
    const { messages, truncated } = fitted([text('ä😀'.repeat(5000))], 2000)

    expect(truncated).toBe(true)
    expect(messages).toHaveLength(1)
    const written = JSON.stringify(messages)
    expect(Buffer.byteLength(written)).toBeLessThanOrEqual(2000)
    expect(Buffer.byteLength(written)).toBeGreaterThan(700)
    expect(written).toContain('ä😀')
    expect(written.isWellFormed()).toBe(true)
  })
})

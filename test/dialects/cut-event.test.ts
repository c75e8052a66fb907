import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { parseMessagesCall } from '../../lib/dialects/anthropic/call.ts'
import { passThrough as passMessages } from '../../lib/dialects/anthropic/passthrough.ts'
import type { StreamReader } from '../../lib/dialects/dialect.ts'
import { passThrough as passChat } from '../../lib/dialects/openai/passthrough.ts'
import { options, streamCall } from './openai-support.ts'

const pieces = ['Grüße', ', ', '🦉 "wörld"', '\n', 'end']
const sse = (value: JsonObject) =>
  `${typeof value.type === 'string' ? `event: ${value.type}\n` : ''}data: ${JSON.stringify(value)}\n\n`

const tongues: Record<string, { reader: () => StreamReader; before: string[]; piece: (text: string) => string }> = {
  chat: {
    reader: () => passChat(streamCall(), options()).stream(),
    before: [sse({ id: 'c', choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] })],
    piece: (content) => sse({ id: 'c', choices: [{ index: 0, delta: { content } }] }),
  },
  messages: {
    reader: () =>
      passMessages(
        parseMessagesCall(
          JSON.stringify({ model: 'm', max_tokens: 9, stream: true, messages: [{ role: 'user', content: 'hi' }] }),
          {},
        ),
        options(),
      ).stream(),
    before: [
      sse({ type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', content: [] } }),
      sse({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ],
    piece: (text) => sse({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  },
}

describe.each(Object.entries(tongues))('a passed stream of %s that was cut', (_, { reader, before, piece }) => {
  it('at any byte, of an event too, can be gone on with from what its client has', () => {
    const events = [...before, ...pieces.map(piece)]
    const first = Buffer.byteLength([...before, piece(pieces[0] ?? '')].join(''))
    const bytes = Buffer.from(events.join(''))
    for (let at = first; at <= bytes.length; at++) {
      const stream = reader()
      const pushed = stream.push(bytes.subarray(0, at))
      const { failure, bytes: more } = stream.end()
      const sent = Buffer.concat([...pushed.bytes, ...more]).toString()
      const had = pieces.filter((text) => sent.includes(piece(text)))
      expect([at, failure?.kind, stream.interrupted?.()?.text]).toEqual([at, 'cut', had.join('')])
    }
  })

  it('behind an event that cannot be read cannot: a piece of the answer may be missing', () => {
    const stream = reader()
    stream.push(Buffer.from([...before, piece('Grüße'), 'data: {"half\n\n', piece('end')].join('')))
    stream.end()
    expect(stream.interrupted?.()).toBeUndefined()
  })
})

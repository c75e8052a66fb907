import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { anthropicClient } from '../../lib/dialects/anthropic/client.ts'
import { gemini } from '../../lib/dialects/gemini/index.ts'
import { openaiUpstream } from '../../lib/dialects/openai/upstream.ts'
import { responsesClient } from '../../lib/dialects/responses/client.ts'
import type { UpstreamTongue } from '../../lib/dialects/tongue.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { callOf, exchangeOptions } from '../support/translated.ts'

const chatReply = (message: JsonObject): JsonObject => ({
  choices: [{ message: { role: 'assistant', content: null, ...message }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 2 },
})
const spoken = chatReply({ audio: { id: 'a', data: 'UklGRg==', transcript: 'Hello.' } })
const drawn = chatReply({ images: [{ type: 'image_url', image_url: { url: 'https://x.test/a.png' } }] })
const parts = [{ inlineData: { mimeType: 'audio/pcm', data: 'AAAA' } }]
const voiced = { candidates: [{ content: { parts }, finishReason: 'STOP' }] }

const clients = [
  ['messages', anthropicClient, { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }],
  ['responses', responsesClient, { model: 'm', input: 'Hi' }],
] as const

describe.each(clients)('what a client of %s cannot be handed', (_, client, body) => {
  const told = (upstream: UpstreamTongue, reply: JsonObject): string => {
    const bound = translator(client, upstream)(callOf(body as unknown as JsonObject), exchangeOptions())
    const whole = bound.whole(Buffer.from(JSON.stringify(reply)))
    return 'body' in whole ? String(whole.body) : ''
  }

  test('is named: sound, with the words that were spoken', () => {
    expect(told(openaiUpstream, spoken)).toContain('[The answer holds audio, which this API cannot carry.]')
    expect(told(openaiUpstream, spoken)).toContain('Hello.')
    expect(told(gemini, voiced)).toContain('[The answer holds audio/pcm, which this API cannot carry.]')
  })

  test('is shown by its address: a picture that stands elsewhere', () => {
    expect(told(openaiUpstream, drawn)).toContain('![image](https://x.test/a.png)')
  })
})

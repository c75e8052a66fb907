import { expect, it } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { passExchange } from '../../lib/dialects/pass/index.ts'

const path = '/v1beta/models/gemini-3-flash-preview:streamGenerateContent'

/** Google's counts of a chunk, with their sum. */
function chunk(counts: Record<string, number>, finishReason?: string): JsonObject {
  const totalTokenCount = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const candidate = { content: { parts: [{ text: 'Hi' }] }, ...(finishReason && { finishReason }) }
  return { candidates: [candidate], usageMetadata: { ...counts, totalTokenCount } }
}

/** Thoughts of a first round that run code; in the end they are part of the prompt of the second. */
const chunks = [
  chunk({ promptTokenCount: 46, candidatesTokenCount: 51, thoughtsTokenCount: 167 }),
  chunk({ promptTokenCount: 213, candidatesTokenCount: 57, toolUsePromptTokenCount: 426 }, 'STOP'),
]
const exchange = () =>
  passExchange(
    { path, query: {}, headers: {}, text: '{}', body: {}, model: 'gemini-3-flash-preview', stream: true },
    { upstreamModel: 'gemini-3-flash-preview', now: 0 },
  )

it('a stream in a provider’s own words costs what it counts last, were that less of a kind than before', () => {
  const stream = exchange().stream()
  for (const one of chunks) stream.push(Buffer.from(`data: ${JSON.stringify(one)}\n\n`))
  stream.end()

  expect(stream.seen.usage).toMatchObject({ prompt: 639, completion: 57, reasoning: 0 })
})

it('so does one that came as a list', () => {
  const reply = exchange().whole(Buffer.from(JSON.stringify(chunks)))

  expect(reply).toMatchObject({ seen: { usage: { prompt: 639, completion: 57, reasoning: 0 } } })
})

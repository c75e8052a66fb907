import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { boundsOf, completionsCall, completionsExchange } from '../../lib/dialects/completions/index.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { moderationsCall, moderationsExchange } from '../../lib/dialects/moderations/index.ts'
import { options } from './openai-support.ts'

const call = (more: JsonObject = {}) => completionsCall(JSON.stringify({ model: 'old', prompt: 'Once', ...more }))
const bound = (more: JsonObject, how: Partial<ExchangeOptions> = {}) => completionsExchange(call(more), options(how))
const chunk = (text: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'text_completion', model: 'm', choices: [{ index: 0, text, finish_reason: finish }] })}\n\n`
const usage = 'data: {"id":"c","model":"m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'
const joined = (chunks: Uint8Array[]) => Buffer.concat(chunks).toString()

describe('a completion before chat', () => {
  test('is bounded by each of its prompts, and by all their answers', () => {
    expect(boundsOf(call({ prompt: ['abc', [1, 2]], n: 2, best_of: 3, max_tokens: 10 }), {})).toEqual({
      inputTokens: 3 + 8 + 2 + 8,
      outputCap: 10,
      choices: 6,
    })
    const beside = { suffix: 's'.repeat(100), messages: [{ role: 'user', content: 'z'.repeat(900) }] }
    expect(boundsOf(call({ prompt: ['a', 'b'], ...beside }), {}).inputTokens).toBeGreaterThan(2000)
  })

  test('sends the cap that was held for, and asks a stream for its usage', () => {
    expect(JSON.parse(bound({ max_tokens: 9, stream: true }, { outputCap: 5, upstreamModel: 'm' }).body)).toEqual({
      model: 'm',
      prompt: 'Once',
      max_tokens: 5,
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test.each([
    [{ prompt: 5 }, 'prompt'],
    [{ max_tokens: -1 }, 'max_tokens'],
    [{ stream: 'yes' }, 'stream'],
  ])('%j is refused by its field %s', (more, param) => {
    expect(() => call(more)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ param }) as unknown }) as Error,
    )
  })

  test('is read whole with its usage', () => {
    const reply = {
      choices: [{ text: ' upon', finish_reason: 'length' }],
      usage: { prompt_tokens: 1, completion_tokens: 1 },
    }
    const whole = bound({}).whole(Buffer.from(JSON.stringify(reply)))

    expect(whole).toMatchObject({ seen: { usage: { prompt: 1, completion: 1 }, finish: 'length' } })
    expect(bound({}).whole(Buffer.from('{"choices":[]}'))).toMatchObject({ failure: { kind: 'malformed' } })
  })

  test('streams as it comes, with the usage kept back from who did not ask', () => {
    const text = chunk(' upon') + chunk('', 'stop') + usage + 'data: [DONE]\n\n'
    const [silent, told] = [{ stream: true }, { stream: true, stream_options: { include_usage: true } }].map((more) => {
      const reader = bound(more).stream()
      const step = reader.push(Buffer.from(text))
      return { sent: joined([...step.bytes, ...step.tail]), seen: reader.seen, finished: step.finished }
    })

    expect(silent?.sent).toBe(text.replace(usage, ''))
    expect(told?.sent).toBe(text)
    expect(silent).toMatchObject({ finished: true, seen: { usage: { prompt: 1, completion: 2 }, finish: 'stop' } })
  })

  test('that is cut at any byte before its finish is never whole', () => {
    const text = chunk(' upon') + chunk(' a')
    for (let at = 0; at <= text.length; at++) {
      const reader = bound({ stream: true }).stream()
      const failures = [reader.push(Buffer.from(text.slice(0, at))).failure, reader.end().failure]

      expect(failures.some(Boolean)).toBe(true)
    }
  })
})

describe('moderation', () => {
  test('has a model of its own where none is named', () => {
    expect(moderationsCall('{"input":"x"}').model).toBe('omni-moderation-latest')
    expect(() => moderationsCall('{"input":[]}')).toThrow(/'input'/)
  })

  test('passes, under the public name', () => {
    const exchange = moderationsExchange(moderationsCall('{"input":"x"}'), options({ publicModel: 'guard' }))
    const whole = exchange.whole(Buffer.from('{"model":"m","results":[{"flagged":false}]}'))

    expect('body' in whole && whole.body).toBe('{"model":"guard","results":[{"flagged":false}]}')
    expect(exchange.whole(Buffer.from('{"results":[]}'))).toMatchObject({ failure: { kind: 'malformed' } })
  })
})

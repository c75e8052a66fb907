import { describe, expect, test } from 'vitest'
import { passThrough } from '../../lib/dialects/openai/passthrough.ts'
import { dataOf, readAll } from '../contracts/exchange.ts'
import { call, options, streamCall } from './openai-support.ts'

const event = (delta: object, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: null }], ...more })}\n\n`
const finish = `data: {"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`
const usage = { prompt_tokens: 9, completion_tokens: 7, cached_tokens: 4, reasoning_tokens: 5, total_tokens: 16 }
const details = { prompt_tokens_details: { cached_tokens: 4 }, completion_tokens_details: { reasoning_tokens: 5 } }

const streamed = (text: string) => {
  const { bytes, tail } = readAll(passThrough(streamCall(), options()), [Buffer.from(`${text}data: [DONE]\n\n`)])
  return dataOf(bytes + tail)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as { choices: { delta: object }[]; usage?: object })
}
const whole = (message: object, counts: object) => {
  const body = { id: 'c', model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }], usage: counts }
  const reply = passThrough(call(), options()).whole(Buffer.from(JSON.stringify(body)))
  if ('failure' in reply) throw new Error(reply.failure.message)
  return JSON.parse(reply.body.toString()) as { choices: { message: object }[]; usage: object }
}

describe('what a host calls otherwise', () => {
  test('stands in a stream under the names that clients know, too: reasoning, in every chunk of a run', () => {
    const texts = ['Let', ' me', ' see', ' "this"', '.']
    const chunks = streamed(
      `${texts.map((reasoning) => event({ reasoning })).join('')}${event({ content: 'Yes' })}${finish}`,
    )
    const deltas = chunks.map(({ choices }) => choices[0]?.delta)

    expect(deltas.slice(0, 5)).toEqual(texts.map((text) => ({ reasoning: text, reasoning_content: text })))
    expect(deltas.slice(5)).toEqual([{ content: 'Yes' }, {}])
  })

  test('stands so in a whole reply', () => {
    const { choices } = whole({ role: 'assistant', content: 'Yes', reasoning: 'Hm' }, usage)

    expect(choices[0]?.message).toEqual({ role: 'assistant', content: 'Yes', reasoning: 'Hm', reasoning_content: 'Hm' })
  })

  test.each([[{ reasoning: null }], [{ reasoning: { text: 'x' } }], [{ reasoning: 'a', reasoning_content: 'b' }]])(
    'is left alone where it is no text or known already: %j',
    (more) => {
      const message = { role: 'assistant', content: 'Yes', ...more }

      expect(whole(message, usage).choices[0]?.message).toEqual(message)
    },
  )

  test("counts are where OpenAI has them, beside the host's own", () => {
    const last = streamed(
      `${event({ content: 'Yes' })}${finish}data: ${JSON.stringify({ id: 'c', model: 'm', choices: [], usage })}\n\n`,
    )

    expect(whole({ role: 'assistant', content: 'Yes' }, usage).usage).toEqual({ ...usage, ...details })
    expect(last.at(-1)?.usage).toEqual({ ...usage, ...details })
  })

  test('counts that are there already stay as they are', () => {
    const told = { ...usage, prompt_tokens_details: { cached_tokens: 3, audio_tokens: 0 } }

    expect(whole({ role: 'assistant', content: 'Yes' }, told).usage).toMatchObject(told)
  })
})

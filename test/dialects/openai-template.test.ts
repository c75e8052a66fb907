import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { passThrough } from '../../lib/dialects/openai/passthrough.ts'
import { template } from '../../lib/dialects/openai/pass-template.ts'
import { dataOf, readAll } from '../contracts/exchange.ts'
import { options, streamCall } from './openai-support.ts'

const chunk = (delta: JsonObject, choice: JsonObject = {}, more: JsonObject = {}): string =>
  JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: null, ...choice }], ...more })

const learned = (data: string) => {
  const pattern = template()
  pattern.learn(data, JSON.parse(data) as JsonObject)
  return pattern
}

describe('the pattern of ordinary chunks', () => {
  test.each([
    ['content', chunk({ content: 'a' }), chunk({ content: ' béta' }), ' béta'],
    ['reasoning', chunk({ reasoning_content: 'a' }), chunk({ reasoning_content: 'b' }), 'b'],
    [
      'a field beside nulls',
      chunk({ role: 'assistant', content: null, reasoning_content: 'a' }),
      chunk({ role: 'assistant', content: null, reasoning_content: 'b' }),
      'b',
    ],
    [
      'padding',
      chunk({ content: 'a' }, {}, { usage: null, obfuscation: 'x1' }),
      chunk({ content: 'b' }, {}, { usage: null, obfuscation: 'y23Z' }),
      'b',
    ],
  ])('knows %s', (_, first, next, text) => {
    expect(learned(first).match(next)).toBe(text)
  })

  test.each([
    ['a finish', chunk({ content: 'b' }, { finish_reason: 'stop' })],
    ['another choice', chunk({ content: 'b' }, { index: 1 })],
    ['another field', chunk({ reasoning: 'b' })],
    ['a second field', chunk({ content: 'b', tool_calls: [] })],
    ['an error', chunk({ content: 'b' }, {}, { error: { message: 'x' } })],
    ['usage', chunk({ content: 'b' }, {}, { usage: { prompt_tokens: 1 } })],
    ['an escape', chunk({ content: 'b"' })],
    ['no text', chunk({ content: '' })],
    ['a cut', chunk({ content: 'b' }).slice(0, -1)],
    ['a cut text', chunk({ content: 'b' }).split('"b"')[0] + '"b'],
    ['a control character', chunk({ content: 'b_c' }).replace('_', '\t')],
    ['something behind', `${chunk({ content: 'b' })}x`],
  ])('does not know %s', (_, next) => {
    expect(learned(chunk({ content: 'a' })).match(next)).toBeUndefined()
  })

  test.each([
    ['a finish', chunk({ content: 'a' }, { finish_reason: 'stop' })],
    ['usage', chunk({ content: 'a' }, {}, { usage: { prompt_tokens: 1 } })],
    ['two choices', JSON.stringify({ choices: [{ delta: { content: 'a' } }, { delta: { content: 'a' } }] })],
    ['a call', chunk({ content: 'a', tool_calls: [{}] })],
  ])('is not learned from %s', (_, data) => {
    expect(learned(data).match(data)).toBeUndefined()
  })

  test('changes nothing in what is passed and counted', () => {
    const words = Array.from({ length: 40 }, (_, at) => `${at % 5 === 0 ? '"\\' : 'wörd '}${at}`)
    const chunks = [...words.map((word) => chunk({ content: word })), chunk({}, { finish_reason: 'stop' })]
    const stream = chunks.map((data) => `data: ${data}\n\n`).join('') + 'data: [DONE]\n\n'
    const read = readAll(passThrough(streamCall(), options({ publicModel: 'public' })), [
      new TextEncoder().encode(stream),
    ])

    expect(dataOf(read.bytes)).toEqual(chunks.map((data) => data.replace('"m"', '"public"')))
    expect(read.reader.seen).toMatchObject({ contentBytes: Buffer.byteLength(words.join('')), contentEvents: 40 })
  })
})

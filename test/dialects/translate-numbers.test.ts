import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { isObject, type JsonObject, numberOf, objectOf, tryParseExact } from '../../lib/core/json.ts'
import { anthropic } from '../../lib/dialects/anthropic/index.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { accumulated, callOf, exchangeOf, exchangeOptions, hello, messageOf, streamed } from '../support/translated.ts'

const translate = translator(openai, anthropic)

const input = '{"id":12345678901234567890,"f":1.0,"z":1e3,"deep":[-0,0.10,{"n":1e400}],"plain":7}'

const event = (data: string): Uint8Array => Buffer.from(`data: ${data}\n\n`)

/** A request as the client wrote it: its text is not what `JSON.stringify` would have written. */
const sentText = (text: string): string => {
  const call = { ...callOf(JSON.parse(text) as JsonObject), text }
  return translate(call, exchangeOptions()).body
}

describe('numbers of a reply', () => {
  const block = `{"type":"tool_use","id":"t1","name":"look","input":${input}}`

  it('reach the client as the provider wrote them, and are still counted', () => {
    const usage = '"usage":{"input_tokens":3.0,"output_tokens":2e0}'
    const body = `{"type":"message","id":"m","stop_reason":"tool_use","content":[${block}],${usage}}`

    const read = exchangeOf().whole(Buffer.from(body))

    if ('failure' in read) throw new Error(read.failure.message)
    expect(messageOf(String(read.body)).calls).toEqual([{ id: 't1', name: 'look', arguments: input }])
    expect(read.seen.usage).toMatchObject({ prompt: 3, completion: 2 })
  })

  it('reach the client as they were written at the start of a streamed block', () => {
    const { bytes, tail, seen } = streamed(exchangeOf({ stream: true }), [
      event('{"type":"message_start","message":{"id":"m","usage":{"input_tokens":1e1}}}'),
      event(`{"type":"content_block_start","index":1.0,"content_block":${block}}`),
      event('{"type":"content_block_stop","index":1}'),
      event('{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":5}}'),
      event('{"type":"message_stop"}'),
    ])

    expect(accumulated(bytes + tail).calls[0]?.arguments).toBe(input)
    expect(seen.usage).toMatchObject({ prompt: 10, completion: 5 })
  })

  it('reach the client as they were written in blocks of the provider', () => {
    const body = `{"type":"message","stop_reason":"end_turn","content":[{"type":"server_tool_use","id":"s","input":${input}}]}`

    const read = exchangeOf().whole(Buffer.from(body))

    expect('body' in read && read.body).toContain(`"input":${input}`)
  })
})

describe('numbers of a request', () => {
  it('reach the provider as the client wrote them in arguments of earlier calls', () => {
    const call = { id: 'a', type: 'function', function: { name: 'look', arguments: input } }
    const body = JSON.stringify({
      ...hello,
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: null, tool_calls: [call] },
      ],
    })

    expect(sentText(body)).toContain(`"input":${input}`)
  })

  it('reach the provider as the client wrote them in schemas and in tools of its own', () => {
    const schema = '{"type":"object","properties":{"n":{"type":"integer","maximum":18446744073709551615}}}'
    const own = '{"type":"web_search_20250305","name":"web_search","max_uses":5,"odd":[1.0]}'
    const tools = `[{"type":"function","function":{"name":"look","parameters":${schema}}},${own}]`

    const printed = sentText(`{"model":"m","messages":[{"role":"user","content":"Hi"}],"tools":${tools}}`)

    expect(printed).toContain(`"input_schema":${schema}`)
    expect(printed).toContain(own)
  })

  it('reach the provider as the client wrote them in a schema of the answer', () => {
    const schema = '{"type":"object","properties":{"n":{"enum":[18446744073709551615]}}}'
    const format = `{"type":"json_schema","json_schema":{"name":"x","schema":${schema}}}`

    const printed = sentText(`{"model":"m","messages":[{"role":"user","content":"Hi"}],"response_format":${format}}`)

    expect(printed).toContain('[18446744073709551615]')
  })
})

describe('a text that is parsed exactly', () => {
  it('is written again as it was, whatever its numbers', () => {
    const digits = (length: number) => fc.stringMatching(new RegExp(`^(0|[1-9][0-9]{0,${length}})$`))
    const number = fc
      .tuple(
        fc.constantFrom('', '-'),
        digits(24),
        fc.option(fc.stringMatching(/^\.[0-9]{1,24}$/), { nil: '' }),
        fc.option(fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/), { nil: '' }),
      )
      .map((parts) => parts.join(''))
    const text = number.chain((one) => fc.constantFrom(`{"a":${one}}`, `[${one},"x"]`, `[1,${one}]`))

    fc.assert(fc.property(text, (written) => JSON.stringify(tryParseExact(written)) === written))
  })

  it('gives numbers that can be read, and are no objects', () => {
    const { a, b } = objectOf(tryParseExact('{"a":1.0,"b":1e400}'))

    expect([numberOf(a), numberOf(b), isObject(a)]).toEqual([1, undefined, false])
  })
})

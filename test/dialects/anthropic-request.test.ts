import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { plainId, safeId, toolNames } from '../../lib/dialects/anthropic/names.ts'
import { sent } from '../support/translated.ts'

const user = (content: JsonObject['']): JsonObject => ({ role: 'user', content })
const call = (id: string, args = '{}', name = 'look'): JsonObject => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})
const calling = (...calls: JsonObject[]): JsonObject => ({ role: 'assistant', content: null, tool_calls: calls })
const result = (id: string, content: JsonObject[''] = 'done'): JsonObject => ({
  role: 'tool',
  tool_call_id: id,
  content,
})
const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }]

const turns = (...messages: JsonObject[]) =>
  sent({ messages, tools }).messages as { role: string; content: JsonObject[] }[]

describe('system messages', () => {
  it('stand in front as blocks of their own, developer messages too', () => {
    const body = sent({
      messages: [
        { role: 'system', content: 'One' },
        { role: 'developer', content: [{ type: 'text', text: 'Two', cache_control: { type: 'ephemeral' } }] },
        { role: 'system', content: '  ' },
        user('Hi'),
      ],
    })

    expect(body.system).toEqual([
      { type: 'text', text: 'One' },
      { type: 'text', text: 'Two', cache_control: { type: 'ephemeral' } },
    ])
  })

  it('keep their place in the middle of a conversation', () => {
    const messages = turns(
      user('Hi'),
      { role: 'assistant', content: 'Yes' },
      { role: 'system', content: 'Now' },
      user('Go'),
    )

    expect(messages[2]?.content).toEqual([
      { type: 'text', text: '<system>Now</system>' },
      { type: 'text', text: 'Go' },
    ])
  })

  it('alone make a conversation that begins with the user', () => {
    expect(sent({ messages: [{ role: 'system', content: 'Speak' }] })).toMatchObject({
      system: [{ text: 'Speak' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: '.' }] }],
    })
  })
})

describe('turns', () => {
  it('of one side are merged, and empty ones left out', () => {
    const messages = turns(user('A'), user(''), { role: 'assistant', content: '' }, user([{ type: 'text', text: 'B' }]))

    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'A' },
          { type: 'text', text: 'B' },
        ],
      },
    ])
  })

  it('begin with the user where the history does not', () => {
    expect(turns({ role: 'assistant', content: 'Hello' }, user('Hi')).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
    ])
  })

  it.each([
    [
      [{ role: 'assistant', content: 'Hello' }, user('')],
      ['user .', 'assistant Hello', 'user .'],
    ],
    [
      [user('A'), { role: 'assistant', content: 'B' }, user(' \n')],
      ['user A', 'assistant B', 'user .'],
    ],
    [
      [user('A'), { role: 'assistant', content: 'B' }, user(''), { role: 'assistant', content: '' }],
      ['user A', 'assistant B', 'user .'],
    ],
    [
      [user('A'), user(''), { role: 'assistant', content: 'B' }],
      ['user A', 'assistant B'],
    ],
    [[user('A'), user('')], ['user A']],
    [[user('')], ['user .']],
  ])('end with the user where the user came last, silent or not: %j', (messages, expected) => {
    expect(turns(...messages).map(({ role, content }) => `${role} ${stringOf(content[0]?.text)}`)).toEqual(expected)
  })

  it('end without white space where the assistant is to go on', () => {
    expect(turns(user('A'), { role: 'assistant', content: 'Once upon \n' }).at(-1)?.content).toEqual([
      { type: 'text', text: 'Once upon' },
    ])
  })
})

describe('tool results', () => {
  it('stand first in the next turn, in the order of the calls', () => {
    const messages = turns(user('A'), calling(call('a'), call('b')), result('b', 'B'), user('And?'), result('a', 'A'))

    expect(messages[2]?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'A' }] },
      { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'text', text: 'B' }] },
      { type: 'text', text: 'And?' },
    ])
  })

  it('that are missing are made up as errors, at the end too', () => {
    const messages = turns(user('A'), calling(call('a')), user('Never mind'), calling(call('b')))

    expect(messages[2]?.content[0]).toEqual({
      type: 'tool_result',
      tool_use_id: 'a',
      is_error: true,
      content: 'No result.',
    })
    expect(messages[4]).toMatchObject({ role: 'user', content: [{ tool_use_id: 'b', is_error: true }] })
  })

  it('without a call are kept as text', () => {
    const messages = turns(result('gone', 'forty-two'), user('So?'))

    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Tool result gone:' },
          { type: 'text', text: 'forty-two' },
          { type: 'text', text: 'So?' },
        ],
      },
    ])
  })

  it('may be empty, or hold images', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgoAAA' } }
    const messages = turns(user('A'), calling(call('a'), call('b')), result('a', ''), result('b', [image]))

    expect(messages[2]?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'a' },
      {
        type: 'tool_result',
        tool_use_id: 'b',
        content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgoAAA' } }],
      },
    ])
  })
})

describe('calls', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ['', {}],
    ['null', {}],
    ['{"a":', { rawInvalidInput: '{"a":' }],
    ['[1]', { rawInvalidInput: '[1]' }],
  ])('with arguments %s become an object', (args, input) => {
    expect(turns(user('A'), calling(call('a', args)), result('a'))[1]?.content[0]?.input).toEqual(input)
  })

  it('come after the text of their turn', () => {
    const messages = turns(user('A'), calling(call('a')), { role: 'assistant', content: 'Looking' }, result('a'))

    expect(messages[1]?.content.map(({ type }) => type)).toEqual(['text', 'tool_use'])
  })

  it('have ids of the charset, and the same at the result', () => {
    const messages = turns(user('A'), calling(call('call:1.ü')), result('call:1.ü'))
    const id = messages[1]?.content[0]?.id

    expect(id).toMatch(/^[a-zA-Z0-9_-]+$/)
    expect(messages[2]?.content[0]?.tool_use_id).toBe(id)
    expect(plainId(id as string)).toBe('call:1.ü')
  })

  it('keep their results apart where a server repeats ids from turn to turn', () => {
    const messages = turns(user('A'), calling(call('0')), result('0', 'x'), calling(call('0')), result('0', 'y'))

    expect(messages[1]?.content[0]?.id).not.toBe(messages[3]?.content[0]?.id)
    expect(messages[4]?.content[0]).toMatchObject({
      tool_use_id: messages[3]?.content[0]?.id,
      content: [{ type: 'text', text: 'y' }],
    })
  })

  it('in a request without tools bring a tool that may not be called', () => {
    const body = sent({ messages: [user('A'), calling(call('a')), result('a')] })

    expect(body.tools).toHaveLength(1)
    expect(body.tool_choice).toEqual({ type: 'none' })
  })
})

const carried = (fields: JsonObject) =>
  turns(user('A'), { role: 'assistant', content: 'B', ...fields }, user('C'))[1]?.content.slice(0, -1)

describe('carried reasoning', () => {
  it('goes back byte for byte and in order', () => {
    const blocks = [
      { type: 'thinking', thinking: ' so \n', signature: 'a+/=' },
      { type: 'redacted_thinking', data: 'xyz' },
      { type: 'thinking', thinking: '', signature: 'b' },
    ]

    expect(carried({ thinking_blocks: blocks })).toEqual(blocks)
  })

  it('is taken from reasoning_details first, and only what this tongue signed', () => {
    const details = [
      { type: 'reasoning.text', text: 'so', signature: 's', format: 'anthropic-claude-v1' },
      { type: 'reasoning.encrypted', data: 'd', format: 'anthropic-claude-v1' },
      { type: 'reasoning.encrypted', data: 'theirs', format: 'openai-responses-v1' },
    ]

    expect(
      carried({ reasoning_details: details, thinking_blocks: [{ type: 'thinking', thinking: 'no', signature: 'n' }] }),
    ).toEqual([
      { type: 'thinking', thinking: 'so', signature: 's' },
      { type: 'redacted_thinking', data: 'd' },
    ])
  })

  it('without a signature is left out', () => {
    expect(carried({ reasoning_content: 'so' })).toEqual([])
    expect(carried({ thinking_blocks: [{ type: 'thinking', thinking: 'so', signature: '' }] })).toEqual([])
  })

  it('without words of its own is left out, whatever seals it', () => {
    const detail = { type: 'reasoning.text', signature: 's', format: 'anthropic-claude-v1' }

    expect(carried({ reasoning_details: [detail] })).toEqual([])
  })
})

const part = (value: JsonObject) => turns(user([value]))[0]?.content[0]

describe('content parts', () => {
  it.each([
    ['a JPEG that says image/jpg', 'data:image/jpg;base64,/9j/4AAQ', 'image', 'image/jpeg'],
    ['a PNG that says JPEG', 'data:image/jpeg;base64,iVBORw0KGgoAAA', 'image', 'image/png'],
    ['a PDF sent as an image', 'data:application/octet-stream;base64,JVBERi0xLjQ', 'document', 'application/pdf'],
  ])('tell the media type from the bytes: %s', (_, url, type, mediaType) => {
    expect(part({ type: 'image_url', image_url: { url } })).toMatchObject({ type, source: { media_type: mediaType } })
  })

  it('pass addresses and stored files on, with the beta that files need', () => {
    expect(part({ type: 'image_url', image_url: 'https://owls.test/a.png' })).toEqual({
      type: 'image',
      source: { type: 'url', url: 'https://owls.test/a.png' },
    })
    expect(part({ type: 'file', file: { file_id: 'file_1' } })).toEqual({
      type: 'document',
      source: { type: 'file', file_id: 'file_1' },
    })
  })

  it('make documents of files, with their names', () => {
    expect(
      part({ type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0' } }),
    ).toEqual({
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0' },
      title: 'a.pdf',
    })
    expect(part({ type: 'file', file: { file_data: 'data:text/csv;base64,YSxi' } })).toMatchObject({
      source: { type: 'text', media_type: 'text/plain', data: 'a,b' },
    })
  })
})

describe('cache breakpoints', () => {
  const mark = { cache_control: { type: 'ephemeral' } }

  it('on a message mark its last block, on a tool the tool, on a result the result', () => {
    const body = sent({
      tools: [{ ...tools[0], ...mark }],
      messages: [user('A'), calling(call('a')), { ...result('a'), ...mark }, { ...user('B'), ...mark }],
    })

    expect(listOf(body.tools)[0]).toMatchObject(mark)
    const last = objectOf(listOf(body.messages)[2]).content as JsonObject[]
    expect(last).toMatchObject([
      { type: 'tool_result', ...mark },
      { type: 'text', ...mark },
    ])
  })

  it('are four at most, the last ones, and a long life comes first', () => {
    const content = ['5m', '1h', '5m', '1h', '5m', '5m'].map((ttl, at) => ({
      type: 'text',
      text: `t${at}`,
      cache_control: { type: 'ephemeral', ttl },
    }))

    const printed = turns(user(content))[0]?.content.map(
      ({ cache_control: control }) => objectOf(control).ttl ?? !!control,
    )

    expect(printed).toEqual([false, false, '5m', true, '5m', '5m'])
  })
})

describe('names', () => {
  it('that fit stay, others are made to fit and come back', () => {
    const names = toolNames()
    const long = 'x'.repeat(200)

    expect(names.print('plain_name-1')).toBe('plain_name-1')
    for (const name of ['mcp.server:tool', 'mcp/server:tool', 'größe', long]) {
      expect(names.print(name)).toMatch(/^[a-zA-Z0-9_-]{1,128}$/)
      expect(names.restore(names.print(name))).toBe(name)
    }
    expect(names.print('mcp.server:tool')).not.toBe(names.print('mcp/server:tool'))
  })

  it('of calls are never the same for two ids', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(safeId(a) === safeId(b)).toBe(a === b)
        if (a !== '') expect(plainId(safeId(a))).toBe(a)
      }),
    )
  })
})

describe('any conversation', () => {
  const text = fc.constantFrom('', ' ', '\n', 'a', 'Hello.', ' b ')
  const id = fc.constantFrom('1', '2', 'c:3', 'é')
  const message = fc.oneof(
    fc.record({ role: fc.constantFrom('system', 'developer', 'user', 'assistant'), content: text }),
    fc.record({ role: fc.constant('tool'), tool_call_id: id, content: text }),
    fc.tuple(fc.uniqueArray(id, { minLength: 1 }), text, fc.boolean()).map(([ids, content, thought]) => ({
      ...calling(...ids.map((one) => call(one, content))),
      content,
      ...(thought ? { thinking_blocks: [{ type: 'thinking', thinking: 't', signature: 's' }] } : {}),
    })),
  )

  it('obeys the API: sides alternate, calls are answered next and first, no text is blank', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (messages) => {
        const printed = turns(...(messages as JsonObject[]))
        const seen = new Set<string>()
        let open: string[] = []
        for (const [at, { role, content }] of printed.entries()) {
          expect(role).toBe(at % 2 === 0 ? 'user' : 'assistant')
          expect(content.length).toBeGreaterThan(0)
          const types = content.map(({ type }) => type)
          const results = content
            .filter(({ type }) => type === 'tool_result')
            .map((block) => block.tool_use_id as string)
          expect(results).toEqual(open)
          expect(types.slice(0, results.length).every((type) => type === 'tool_result')).toBe(true)
          for (const block of content) if (block.type === 'text') expect(block.text).toMatch(/\S/)
          open = content.filter(({ type }) => type === 'tool_use').map((block) => block.id as string)
          for (const one of open) {
            expect(seen.has(one)).toBe(false)
            seen.add(one)
          }
          if (types.includes('thinking'))
            expect(types.some((type) => type === 'text' || type === 'tool_use')).toBe(true)
        }
        expect(open).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})

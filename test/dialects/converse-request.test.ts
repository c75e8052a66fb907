import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../lib/core/errors.ts'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { claude, converseOf, sent, sentTo } from '../support/converse.ts'
import { conversation } from '../support/conversations.ts'

const user = (content: JsonObject['']): JsonObject => ({ role: 'user', content })
const calling = (...ids: string[]): JsonObject => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } })),
})
const result = (id: string, content: JsonObject[''] = 'done'): JsonObject => ({
  role: 'tool',
  tool_call_id: id,
  content,
})
const look = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }
const png = { type: 'image_url', image_url: { url: 'data:image/jpg;base64,iVBORw0KGgo=' } }
const pdf = (filename?: string) => ({
  type: 'file',
  file: { file_data: 'data:application/pdf;base64,JVBERi0=', ...(filename !== undefined && { filename }) },
})

type Message = { role: string; content: JsonObject[] }
const turns = (model: string, ...messages: JsonObject[]) =>
  sentTo(model, { messages, tools: [look] }).messages as Message[]

function refusal(run: () => unknown): GatewayError {
  try {
    run()
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('was not refused')
}

const mistral = 'mistral.mistral-large-2407-v1:0'
const llama = 'us.meta.llama4-maverick-17b-instruct-v1:0'
const nova = 'eu.amazon.nova-pro-v1:0'

describe('messages', () => {
  it('have the system in front, sides that alternate, and no blank text', () => {
    const body = sent({
      messages: [
        { role: 'system', content: 'One' },
        { role: 'developer', content: [{ type: 'text', text: 'Two', cache_control: { type: 'ephemeral' } }] },
        user('Hi'),
        user('  '),
        user('there'),
        { role: 'assistant', content: '' },
        { role: 'assistant', content: 'Yes' },
        user('Go'),
      ],
    })

    expect(body.system).toEqual([{ text: 'One' }, { text: 'Two' }, { cachePoint: { type: 'default' } }])
    expect(body.messages).toEqual([
      { role: 'user', content: [{ text: 'Hi' }, { text: 'there' }] },
      { role: 'assistant', content: [{ text: 'Yes' }] },
      { role: 'user', content: [{ text: 'Go' }] },
    ])
    expect(body).not.toHaveProperty('model')
    expect(body).not.toHaveProperty('stream')
  })

  it('begin with the user where the model wants that, and not where it does not', () => {
    const said = [{ role: 'assistant', content: 'Hello' }, user('Hi')]

    for (const model of [llama, 'us.anthropic.claude-3-5-sonnet-20241022-v2:0']) {
      const begins = [{ role: 'user', content: [{ text: '.' }] }, {}, {}]
      expect(sentTo(model, { messages: said }).messages).toMatchObject(begins)
    }
    expect(sentTo(claude, { messages: said }).messages).toMatchObject([{ role: 'assistant' }, { role: 'user' }])
  })

  it('put the system before the user’s words where the model has none', () => {
    const body = sentTo('mistral.mistral-7b-instruct-v0:2', {
      messages: [{ role: 'system', content: 'Be brief' }, user('Hi')],
    })

    expect(body).toMatchObject({ messages: [{ role: 'user', content: [{ text: 'Be brief' }, { text: 'Hi' }] }] })
    expect(body).not.toHaveProperty('system')
  })

  it('answer every call in the next message, in the order of the calls, and keep what answers none as text', () => {
    const [, , answers] = turns(claude, user('Go'), calling('a', 'b'), result('b', 'B'), result('x', 'X'), user('Next'))

    expect(answers).toEqual({
      role: 'user',
      content: [
        { toolResult: { toolUseId: 'a', content: [{ text: 'No result.' }] } },
        { toolResult: { toolUseId: 'b', content: [{ text: 'B' }] } },
        { text: 'Tool result x:' },
        { text: 'X' },
        { text: 'Next' },
      ],
    })
  })

  it('keep results alone where the model takes them so, and as objects where it takes those', () => {
    const said = turns(mistral, user('Go'), calling('call-1'), result('call-1', '{"a":1}'), user('Next'))

    expect(said.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant', 'user'])
    const id = objectOf(said[1]?.content[0]?.toolUse).toolUseId
    expect(id).toMatch(/^[A-Za-z0-9]{9}$/)
    expect(said[2]?.content).toEqual([{ toolResult: { toolUseId: id, content: [{ json: { a: 1 } }] } }])
    expect(turns(mistral, user('Go'), calling('c'), result('c', 'plain'))[2]?.content).toMatchObject([
      { toolResult: { content: [{ json: { output: 'plain' } }] } },
    ])
  })

  it('never repeat an id, and shorten one that is too long to the same in call and result', () => {
    const long = 'x'.repeat(80)
    const said = turns(
      claude,
      user('Go'),
      calling(long),
      result(long),
      calling('a'),
      result('a'),
      calling('a'),
      result('a'),
    )
    const ids = said.flatMap(({ content }) =>
      content.map(({ toolUse, toolResult }) => objectOf(toolUse ?? toolResult).toolUseId),
    )

    expect(ids[1]).toBe(ids[2])
    expect(ids[1]).toMatch(/^[\w-]{1,64}$/)
    expect(ids.slice(3)).toEqual(['a', 'a', 'a-2', 'a-2'])
  })

  it('carry images by their bytes, and documents under plain names that differ, beside a text', () => {
    const [first] = turns(claude, user([png, pdf('Q3: report (v2).pdf'), pdf('Q3: report (v2).pdf'), pdf()]))

    expect(first?.content).toEqual([
      { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } },
      { document: { format: 'pdf', name: 'Q3 report (v2) pdf', source: { bytes: 'JVBERi0=' } } },
      { document: { format: 'pdf', name: 'Q3 report (v2) pdf (2)', source: { bytes: 'JVBERi0=' } } },
      { document: { format: 'pdf', name: 'document', source: { bytes: 'JVBERi0=' } } },
      { text: '.' },
    ])
  })

  it('put media that a result may not hold behind the results', () => {
    const kimi = turns('moonshotai.kimi-k2.5', user('Go'), calling('a'), result('a', [png]), user('What is it?'))
    const ours = turns(claude, user('Go'), calling('a'), result('a', [png]))

    expect(kimi[2]?.content).toMatchObject([
      { toolResult: { content: [{ text: '.' }] } },
      { image: {} },
      { text: 'What is it?' },
    ])
    expect(ours[2]?.content).toMatchObject([{ toolResult: { content: [{ image: {} }] } }])
  })

  it.each([
    ['an image by URL', { type: 'image_url', image_url: { url: 'https://a.example/b.png' } }, /by URL.*data URL/],
    [
      'a picture of another kind',
      { type: 'image_url', image_url: { url: 'data:image/tiff;base64,SUkq' } },
      /image\/tiff/,
    ],
    ['a file by its id', { type: 'file', file: { file_id: 'file-1' } }, /by its id/],
    [
      'a file of another kind',
      { type: 'file', file: { file_data: 'data:application/zip;base64,UEs=' } },
      /application\/zip/,
    ],
  ])('with %s are refused by name', (_, part, words) => {
    expect(refusal(() => sent({ messages: [user([part])] }))).toMatchObject({
      code: 'unsupported_parameter',
      message: expect.stringMatching(words) as string,
      detail: { param: 'messages.content' },
    })
  })

  it('bring reasoning back as it was sealed, first in its turn, and none that somebody else sealed', () => {
    const turn = (reasoning_details: JsonObject[]) => ({ role: 'assistant', content: 'Yes', reasoning_details })
    const claudes = { type: 'reasoning.text', text: ' Hm ', signature: 'c2ln', format: 'anthropic-claude-v1' }
    const sealed = { type: 'reasoning.encrypted', data: 'AAE=', format: 'bedrock-converse-v1' }
    const foreign = [
      { type: 'reasoning.text', text: 'x', signature: 'y', format: 'google-gemini-v1' },
      { type: 'reasoning.encrypted', data: 'z', format: 'openai-responses-v1' },
      { type: 'reasoning.text', text: 'unsigned' },
    ]
    const said = (model: string) =>
      turns(model, user('Hi'), turn([claudes, sealed, ...foreign]), user('Go'))[1]?.content

    expect(said(claude)).toEqual([
      { reasoningContent: { reasoningText: { text: ' Hm ', signature: 'c2ln' } } },
      { reasoningContent: { redactedContent: 'AAE=' } },
      { text: 'Yes' },
    ])
    expect(said(nova)).toEqual([{ text: 'Yes' }])
    expect(said('us.deepseek.r1-v1:0')).toMatchObject([
      { reasoningContent: { reasoningText: { text: ' Hm ' } } },
      {},
      {},
      { text: 'Yes' },
    ])
  })
})

it('files that may not stand beside results go into the last of them, and no turn is invented', () => {
  const file = { ...pdf('a'), cache_control: { type: 'ephemeral' } }
  const said = (model: string) =>
    turns(model, user('Go'), calling('a', 'b'), result('a'), result('b'), user([file, { type: 'text', text: 'Read' }]))

  expect(said(claude)[2]?.content).toMatchObject([
    { toolResult: { toolUseId: 'a', content: [{ text: 'done' }] } },
    { toolResult: { toolUseId: 'b', content: [{ text: 'done' }, { document: { name: 'a' } }] } },
    { text: 'Read' },
  ])
  expect(said(nova)[2]?.content).toMatchObject([
    { toolResult: {} },
    { toolResult: {} },
    { document: {} },
    { cachePoint: {} },
    { text: 'Read' },
  ])
  expect(said(llama).map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant', 'user'])
})

describe('tools', () => {
  const tools = [look, { type: 'function', function: { name: 'a.b:c', description: '', strict: true } }]
  const config = (model: string, body: JsonObject = {}) => objectOf(sentTo(model, { tools, ...body }).toolConfig)

  it('have legal names, a schema, and no empty description', () => {
    expect(listOf(config(claude).tools)[1]).toMatchObject({
      toolSpec: {
        name: expect.stringMatching(/^a_b_c_\w{8}$/) as string,
        strict: true,
        inputSchema: { json: { type: 'object' } },
      },
    })
    expect(objectOf(objectOf(listOf(config(claude).tools)[1]).toolSpec)).not.toHaveProperty('description')
    expect(listOf(config(llama).tools)[1]).not.toHaveProperty('toolSpec.strict')
    expect(converseOf({ tools }, { upstreamModel: llama }).dropped).toContain('tools.strict')
  })

  const named = { type: 'function', function: { name: 'look' } }
  it.each<[string, JsonObject[''], JsonObject | undefined, number, string[]]>([
    [claude, 'auto', undefined, 2, []],
    [claude, 'required', { any: {} }, 2, []],
    [claude, named, { tool: { name: 'look' } }, 2, []],
    [nova, named, { tool: { name: 'look' } }, 2, ['tools.strict']],
    [mistral, 'required', { any: {} }, 2, ['tools.strict']],
    [mistral, named, { any: {} }, 1, []],
    [llama, 'required', undefined, 2, ['tool_choice', 'tools.strict']],
    [llama, named, undefined, 1, ['tool_choice']],
  ])('of %s with choice %j are chosen by %j among %i', (model, choice, expected, count, dropped) => {
    const exchange = converseOf({ tools, tool_choice: choice }, { upstreamModel: model })
    const { toolConfig } = JSON.parse(exchange.body) as { toolConfig: JsonObject }

    expect(toolConfig.toolChoice).toEqual(expected)
    expect(listOf(toolConfig.tools)).toHaveLength(count)
    expect(exchange.dropped.toSorted()).toEqual(dropped)
  })

  it('that must not be called are not sent; earlier calls need one that stands for them', () => {
    expect(sent({ tools, tool_choice: 'none' })).not.toHaveProperty('toolConfig')
    const earlier = [user('Go'), calling('a'), result('a')]
    for (const body of [{ messages: earlier }, { messages: earlier, tools, tool_choice: 'none' }])
      expect(sent(body).toolConfig).toMatchObject({ tools: [{ toolSpec: { name: 'unavailable' } }] })
  })

  it('one at a time are asked of models that can be told, and named where they cannot', () => {
    const serial = { tools, parallel_tool_calls: false }

    expect(sent(serial).additionalModelRequestFields).toEqual({
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    })
    expect(converseOf(serial, { upstreamModel: nova }).dropped).toContain('parallel_tool_calls')
  })

  it('of other providers are refused, the host’s own pass', () => {
    expect(refusal(() => sent({ tools: [{ type: 'web_search_20250305', name: 'w' }] }))).toMatchObject({
      detail: { param: 'tools' },
    })
    expect(config(nova, { tools: [{ type: 'system', systemTool: { name: 'nova_grounding' } }] }).tools).toEqual([
      { systemTool: { name: 'nova_grounding' } },
    ])
  })
})

describe('cache points', () => {
  const marked = (ttl?: string) => ({ cache_control: { type: 'ephemeral', ...(ttl !== undefined && { ttl }) } })
  const body = (ttl?: string): JsonObject => ({
    tools: [{ ...look, ...marked(ttl) }],
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'S', ...marked() }] },
      user(['a', 'b', 'c', 'd'].map((text) => ({ type: 'text', text, ...marked() }))),
    ],
  })
  const points = (printed: JsonObject) => JSON.stringify(printed).match(/"cachePoint":\{[^}]*\}/g) ?? []

  it('are four at most, the last of the prompt', () => {
    expect(points(sent(body()))).toHaveLength(4)
    expect(sent(body()).toolConfig).toMatchObject({ tools: [{ toolSpec: {} }] })
    expect(sent(body()).system).toEqual([{ text: 'S' }])
  })

  it('stand among tools, and live an hour, only where the model has that', () => {
    const few = { tools: [{ ...look, ...marked('1h') }], messages: [user('Hi')] }

    expect(points(sent(few))).toEqual(['"cachePoint":{"type":"default","ttl":"1h"}'])
    expect(points(sentTo('anthropic.claude-3-7-sonnet-20250219-v1:0', few))).toEqual([
      '"cachePoint":{"type":"default"}',
    ])
    expect(points(sentTo(nova, few))).toEqual([])
  })

  it('are left out and named where the model has no cache', () => {
    const exchange = converseOf(body(), { upstreamModel: llama })

    expect(points(JSON.parse(exchange.body) as JsonObject)).toEqual([])
    expect(exchange.dropped).toContain('cache_control')
  })
})

const steps = (messages: readonly Message[]) => messages.map(({ role }) => role)

it('any conversation gives a legal request: sides alternate, calls and results pair, nothing is blank', () => {
  const models = [
    claude,
    nova,
    mistral,
    llama,
    'us.deepseek.r1-v1:0',
    'amazon.titan-text-express-v1',
    'qwen.qwen3-32b-v1:0',
  ]
  fc.assert(
    fc.property(conversation, fc.constantFrom(...models), (messages, model) => {
      const body = sentTo(model, { messages, tools: [look] })
      const said = body.messages as Message[]
      const sides = steps(said)

      expect(sides.every((side, at) => side !== sides[at - 1])).toBe(true)
      if (model !== claude && !model.startsWith('qwen')) expect(sides[0]).toBe('user')
      let open: unknown[] = []
      for (const { role, content } of said) {
        expect(content.length).toBeGreaterThan(0)
        for (const { text } of content) if (typeof text === 'string') expect(text).toMatch(/\S/)
        const ids = (kind: string) => content.flatMap((block) => (block[kind] ? [objectOf(block[kind]).toolUseId] : []))
        if (role === 'user') expect(ids('toolResult')).toEqual(open)
        open = ids('toolUse')
        expect(new Set(open).size).toBe(open.length)
        if (content.some((block) => block.document))
          expect(content.some((block) => block.text !== undefined)).toBe(true)
      }
      expect(open).toEqual([])
    }),
    { numRuns: 300 },
  )
})

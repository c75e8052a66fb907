import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { bridged, chatExchange, overChat, passing, sentBy } from './responses-support.ts'

const user = { role: 'user', content: 'Hello' }
const tool = (name: string, more: JsonObject = {}) => ({ type: 'function', function: { name, ...more } })
const called = (id: string, name = 'f', args = '{}') => ({
  role: 'assistant',
  tool_calls: [{ id, type: 'function', function: { name, arguments: args } }],
})
const sent = (body: JsonObject, over = {}) => sentBy(chatExchange(body, over))

describe('a chat as a request of the responses API', () => {
  test('has pictures looked at as closely as the client said', () => {
    const picture = { type: 'image_url', image_url: { url: 'https://a.example/b.png', detail: 'low' } }

    expect(sent({ messages: [{ role: 'user', content: [picture] }] }).input).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [{ type: 'input_image', detail: 'low', image_url: 'https://a.example/b.png' }],
      },
    ])
  })

  test('says what it must not be understood to mean', () => {
    const body = sent({ tools: [tool('f')], messages: [{ role: 'system', content: 'Be brief.' }, user] })

    expect(body).toEqual({
      model: 'gpt-5.4',
      store: false,
      instructions: 'Be brief.',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
      tools: [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false }],
      include: ['reasoning.encrypted_content'],
    })
  })

  test('binds the free text of a tool by the client’s grammar, and has prompt and answer moderated', () => {
    const grammar = { syntax: 'lark', definition: 'start: "x"' }
    const moderation = { model: 'omni-moderation-latest', policy: { input: { mode: 'block' } } }
    const tools = [{ type: 'custom', custom: { name: 'patch', format: { type: 'grammar', grammar } } }]
    const exchange = chatExchange({ moderation, tools })

    expect(exchange.dropped).toEqual([])
    expect(sentBy(exchange)).toMatchObject({
      moderation,
      tools: [{ type: 'custom', name: 'patch', format: { type: 'grammar', ...grammar } }],
    })
  })

  test('has every parameter under its own name', () => {
    const json_schema = { name: 'n', schema: { type: 'object' }, strict: true }
    const body = sent({
      tools: [tool('f', { strict: true, parameters: { type: 'object' } })],
      tool_choice: { type: 'function', function: { name: 'f' } },
      parallel_tool_calls: false,
      max_completion_tokens: 100,
      reasoning_effort: 'low',
      verbosity: 'low',
      response_format: { type: 'json_schema', json_schema },
      service_tier: 'flex',
      prompt_cache_key: 'k',
      user: 'u',
    })

    expect(body).toMatchObject({
      tool_choice: { type: 'function', name: 'f' },
      tools: [{ strict: true }],
      parallel_tool_calls: false,
      max_output_tokens: 100,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low', format: { type: 'json_schema', ...json_schema } },
      service_tier: 'flex',
      prompt_cache_key: 'k',
      user: 'u',
    })
  })

  test('asks for JSON where the API looks for the word', () => {
    const json = { response_format: { type: 'json_object' } }
    const system = { role: 'system', content: 'Answer in JSON.' }
    const said = (text: string, role: string) => ({ type: 'message', role, content: [{ type: 'input_text', text }] })

    const moved = sent({ ...json, messages: [system, user] })
    expect(moved).not.toHaveProperty('instructions')
    expect(moved.input).toEqual([said('Answer in JSON.', 'developer'), said('Hello', 'user')])
    const kept = sent({ ...json, messages: [system, { role: 'user', content: 'As json!' }] })
    expect(kept).toMatchObject({ instructions: 'Answer in JSON.', input: [said('As json!', 'user')] })
    expect(sent({ messages: [system, user] })).toMatchObject({ instructions: 'Answer in JSON.' })
  })

  test('leaves out and names what the model refuses', () => {
    const exchange = chatExchange({ temperature: 0.5, top_p: 0.9, seed: 7, reasoning_effort: 'high' })

    expect(exchange.dropped.toSorted()).toEqual(['seed', 'temperature', 'top_p'])
    expect(sentBy(exchange)).not.toHaveProperty('temperature')
    expect(sent({ temperature: 0.5 }, { upstreamModel: 'gpt-4o' })).toMatchObject({ temperature: 0.5 })
  })

  test.each([
    ['stop', { stop: 'x' }],
    ['n', { n: 2 }],
  ])('refuses %s by name, unless it may be dropped', (param, body) => {
    expect(() => chatExchange(body)).toThrow(expect.objectContaining({ code: 'unsupported_parameter' }))
    expect(chatExchange(body, { dropParams: true }).dropped).toContain(param)
  })

  test('asks for no fewer tokens than there is to ask for, and for no more than are paid for', () => {
    expect(sent({ max_tokens: 1 })).toMatchObject({ max_output_tokens: 16 })
    expect(() => chatExchange({ max_tokens: 1 }, { outputCap: 1 })).toThrow(/at least 16/)
  })

  test('tells a model that thinks by itself not to, where the client wants that', () => {
    expect(sent({ reasoning_effort: 'none' }, { upstreamModel: 'gpt-5.6' })).toMatchObject({
      reasoning: { effort: 'none' },
    })
    expect(sent({ reasoning_effort: 'none' }, { upstreamModel: 'gpt-5' })).toMatchObject({
      reasoning: { effort: 'minimal' },
    })
    expect(sent({ reasoning_effort: 'high' }, { upstreamModel: 'gpt-4o' })).not.toHaveProperty('reasoning')
  })

  test('sends sealed thoughts back before what they led to, and those alone that this tongue sealed', () => {
    const details = [
      { type: 'reasoning.text', text: 'Hm.', signature: 'gAAA==', format: 'openai-responses-v1' },
      { type: 'reasoning.text', text: 'Oh.', signature: 'sig', format: 'anthropic-claude-v1' },
      { type: 'reasoning.encrypted', data: 'gBBB==', format: 'openai-responses-v1' },
    ]
    const turn = { ...called('c1'), reasoning_details: details }
    const { input } = sent({ messages: [user, turn, { role: 'tool', tool_call_id: 'c1', content: 'r' }] })

    expect(input).toMatchObject([
      { role: 'user' },
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'gAAA==' },
      { type: 'reasoning', summary: [], encrypted_content: 'gBBB==' },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'r' },
    ])
    expect(listOf(sent({ messages: [user, { ...turn, tool_calls: [], content: '' }, user] }).input)).toHaveLength(2)
  })

  test('shortens names that are too long, and gives them back whole', () => {
    const name = `mcp.server:${'x'.repeat(80)}`
    const exchange = chatExchange({ tools: [tool(name)], messages: [user, called('c', name)] })
    const [printed] = listOf(sentBy(exchange).tools).map(objectOf)
    const short = printed?.name as string
    const output = [{ type: 'function_call', call_id: 'c', name: short, arguments: '{}' }]
    const reply = exchange.whole(Buffer.from(JSON.stringify({ status: 'completed', output })))

    expect(short).toMatch(/^[\w-]{1,64}$/)
    expect(JSON.stringify(sentBy(exchange).input)).toContain(short)
    expect('body' in reply && String(reply.body)).toContain(JSON.stringify(name))
  })

  test('is sent once more without what was refused', () => {
    const exchange = chatExchange({ reasoning_effort: 'low' })
    const refusal = (message: string) => ({ kind: 'bad_request' as const, status: 400, message, mayHaveCost: false })

    const summary = exchange.amend?.(refusal('Your organization must be verified to generate reasoning summaries.'))
    expect(objectOf(JSON.parse(summary ?? '')).reasoning).toEqual({ effort: 'low' })
    const sealed = exchange.amend?.(refusal('Encrypted content is not supported with this model.'))
    expect(JSON.parse(sealed ?? '')).not.toHaveProperty('include')
    expect(exchange.amend?.(refusal('Something else.'))).toBeUndefined()
  })
})

const texts = fc.string({ maxLength: 6 })
const ids = fc.constantFrom('a', 'b', 'c')
const message = fc.oneof(
  texts.map((content) => ({ role: 'user', content })),
  texts.map((content) => ({ role: 'system', content })),
  texts.map((content) => ({ role: 'assistant', content })),
  fc.array(ids, { minLength: 1, maxLength: 3 }).map((all) => ({
    role: 'assistant',
    content: null,
    tool_calls: [...new Set(all)].map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '' } })),
  })),
  fc.tuple(ids, texts).map(([tool_call_id, content]) => ({ role: 'tool', tool_call_id, content })),
)

test('any conversation answers every call before anything follows, and answers nothing else', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (messages) => {
      const open: unknown[] = []
      for (const item of listOf(sent({ messages }).input).map(objectOf)) {
        if (item.type === 'function_call') {
          expect(item.arguments).toBe('{}')
          open.push(item.call_id)
        } else if (item.type === 'function_call_output') {
          expect(open).toContain(item.call_id)
          open.splice(open.indexOf(item.call_id), 1)
        } else if (item.role === 'user') expect(open).toEqual([])
      }
      expect(open).toEqual([])
    }),
    { numRuns: 300 },
  )
})

describe('a request of the responses API in front of another tongue', () => {
  const rich: JsonObject = {
    instructions: 'Be brief.',
    input: [
      { role: 'developer', content: [{ type: 'input_text', text: 'Now.' }] },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'See' },
          { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
        ],
      },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Look', annotations: [] }] },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: 'free "text"' },
      { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: 'r1' }] },
      { type: 'custom_tool_call_output', call_id: 'c2', output: 'r2' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
    ],
    tools: [
      { type: 'function', name: 'f', parameters: { type: 'object' } },
      { type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } },
      { type: 'namespace', name: 'mcp__files', tools: [{ type: 'function', name: 'read' }] },
      { type: 'web_search' },
    ],
    include: ['reasoning.encrypted_content'],
    client_metadata: { a: 'b' },
    prompt_cache_key: 'k',
    max_output_tokens: 50,
    text: { verbosity: 'low', format: { type: 'json_object' } },
  }

  test('is a chat, with what a chat has no place for named', () => {
    const exchange = overChat(rich)

    expect(sentBy(exchange)).toMatchObject({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'system', content: 'Now.' },
        { role: 'user', content: [{ type: 'text', text: 'See' }, { type: 'image_url' }, { type: 'file' }] },
        {
          role: 'assistant',
          content: 'Look',
          tool_calls: [
            { id: 'c1', function: { name: 'f', arguments: '{"a":1}' } },
            { id: 'c2', function: { name: 'patch', arguments: '{"input":"free \\"text\\""}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'r1' },
        { role: 'tool', tool_call_id: 'c2', content: 'r2' },
      ],
      tools: [
        { function: { name: 'f' } },
        { function: { name: 'patch', description: expect.stringContaining('start: "x"') as string } },
        { function: { name: 'mcp__files__read' } },
      ],
      max_tokens: 50,
      response_format: { type: 'json_object' },
      verbosity: 'low',
    })
    expect(exchange.dropped).toEqual(expect.arrayContaining(['tools.web_search', 'tools[1].format']))
  })

  test('is accepted in front of Anthropic too', () => {
    const exchange = bridged(rich)

    expect(objectOf(sentBy(exchange))).toMatchObject({ max_tokens: 50, tools: [{ name: 'f' }, { name: 'patch' }, {}] })
    expect(exchange.dropped).toEqual(expect.arrayContaining(['tools.web_search', 'verbosity', 'prompt_cache_key']))
  })

  test('gets its calls back as it knows its tools: free text, and with their namespace', () => {
    const tool_calls = [
      { id: 'c1', type: 'function', function: { name: 'patch', arguments: '{"input":"*** Begin"}' } },
      { id: 'c2', type: 'function', function: { name: 'mcp__files__read', arguments: '{}' } },
    ]
    const choices = [
      { index: 0, message: { role: 'assistant', content: null, tool_calls }, finish_reason: 'tool_calls' },
    ]
    const reply = overChat(rich).whole(Buffer.from(JSON.stringify({ choices })))

    expect('body' in reply && JSON.parse(String(reply.body))).toMatchObject({
      output: [
        { type: 'custom_tool_call', call_id: 'c1', name: 'patch', input: '*** Begin' },
        { type: 'function_call', call_id: 'c2', name: 'read', namespace: 'mcp__files', arguments: '{}' },
      ],
    })
  })

  test.each([
    [{ input: [{ type: 'compaction', encrypted_content: 'x' }] }, 'input[0]'],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0]'],
    [{ input: [{ type: 'function_call_output', output: 'x' }] }, 'input[0].call_id'],
    [{ tools: [{ type: 'function', name: 'f' }], tool_choice: { type: 'function', name: 'g' } }, 'tool_choice'],
    [{ text: { format: { type: 'json_schema', name: 'n' } } }, 'text.format.schema'],
    [{ text: { format: 'json' } }, 'text.format'],
    [{ text: { verbosity: 1 } }, 'text.verbosity'],
    [{ reasoning: { effort: ['high'] } }, 'reasoning.effort'],
    [{ tools: [{ type: 1 }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function', name: 'f', parameters: 'x' }] }, 'tools[0].parameters'],
    [{ tools: [{ type: 'function', name: 'f', strict: 'x' }] }, 'tools[0].strict'],
  ])('%j is refused by the name of the field', (body, param) => {
    expect(() => bridged(body as JsonObject)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ param }) as object }),
    )
  })
})

describe('a request of the responses API to a host of its own', () => {
  test('keeps its text, but for what must be said otherwise', () => {
    const body = { input: 'Hello', temperature: 1.0, text: { verbosity: 'low' }, tools: [{ type: 'web_search' }] }
    const upstream = sentBy(passing(body))

    expect(upstream).toEqual({
      ...body,
      model: 'gpt-5.4',
      store: false,
      include: ['reasoning.encrypted_content'],
    })
  })

  test('sends no ids of ours or theirs, and no thoughts that the host cannot open', () => {
    const input = [
      { type: 'message', id: 'msg_1', role: 'user', content: 'Hello' },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'purser.e30' },
      { type: 'reasoning', id: 'rs_2', summary: [] },
      { type: 'reasoning', id: 'rs_3', summary: [], encrypted_content: 'gAAA==' },
      { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{"n":1.0}' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
    ]

    expect(sentBy(passing({ input, previous_response_id: 'resp_1', client_metadata: {} }))).toMatchObject({
      input: [
        { type: 'message', role: 'user', content: 'Hello' },
        { type: 'reasoning', summary: [], encrypted_content: 'gAAA==' },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"n":1.0}' },
        { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      ],
    })
    expect(passing({ input, previous_response_id: 'resp_1' }).body).not.toMatch(/previous_response_id|msg_1|fc_1|rs_/)
  })

  test('takes the deployment’s defaults, in whichever words', () => {
    const params = { max_tokens: 500, reasoning_effort: 'low', temperature: 0.2 }

    expect(sentBy(passing({}, { params }))).toMatchObject({
      max_output_tokens: 500,
      reasoning: { effort: 'low' },
      temperature: 0.2,
    })
    expect(sentBy(passing({ max_output_tokens: 90 }, { params }))).toMatchObject({ max_output_tokens: 90 })
    expect(sentBy(passing({ max_output_tokens: 90 }, { outputCap: 40 }))).toMatchObject({ max_output_tokens: 40 })
  })

  test('gets back what it asked, not what was sent', () => {
    const response = { id: 'theirs', status: 'completed', model: 'm', store: false, output: [], metadata: {} }
    const body = { store: true, previous_response_id: 'resp_0', metadata: { tags: ['a'] } }
    const reply = passing(body).whole(Buffer.from(JSON.stringify(response)))

    expect('body' in reply && JSON.parse(String(reply.body))).toMatchObject({ ...body, model: 'public' })
  })
})

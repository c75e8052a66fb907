import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { responsesBounds } from '../../lib/dialects/responses/bounds.ts'
import { anthropicClient } from '../../lib/dialects/anthropic/client.ts'
import { responsesUpstream } from '../../lib/dialects/responses/upstream.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { callOf } from '../support/messages.ts'
import { exchangeOptions, streamed } from '../support/translated.ts'
import { bridged, eventsIn, framed, overChat, passing, sentBy } from './responses-support.ts'

const user = (content: string): JsonObject => ({ role: 'user', content })
const search = { type: 'function', name: 'search', parameters: { type: 'object', properties: {} } }

/** A chat host's answer with one call. */
const calling = (name: string, args: JsonObject): Buffer =>
  Buffer.from(
    JSON.stringify({
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'c1', type: 'function', function: { name, arguments: JSON.stringify(args) } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
    }),
  )

const outputOf = (body: JsonObject, reply: Buffer): JsonObject[] => {
  const read = overChat(body).whole(reply)
  if ('failure' in read) return expect.fail(read.failure.message)
  return (JSON.parse(String(read.body)) as { output: JsonObject[] }).output
}

describe('tools that join a conversation', () => {
  const added = { type: 'additional_tools', role: 'developer', tools: [search] }

  test('are offered to models that take tools at the beginning alone', () => {
    expect(sentBy(overChat({ input: [user('Find'), added] }))).toMatchObject({
      messages: [user('Find')],
      tools: [{ type: 'function', function: { name: 'search' } }],
    })
  })

  test('are offered once, where a search has found one of those that were listed', () => {
    const input = [
      user('Find'),
      { type: 'tool_search_call', call_id: null, execution: 'server', arguments: { paths: ['search'] } },
      { type: 'tool_search_output', call_id: null, execution: 'server', tools: [{ ...search, defer_loading: true }] },
      { type: 'function_call', call_id: 'c1', name: 'search', namespace: 'search', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'found' },
    ]
    const body = { input, tools: [{ ...search, defer_loading: true }, { type: 'tool_search' }] }
    const exchange = overChat(body)

    expect(sentBy(exchange)).toMatchObject({
      messages: [user('Find'), { tool_calls: [{ function: { name: 'search' } }] }, { content: 'found' }],
      tools: [{ function: { name: 'search' } }],
    })
    expect((sentBy(exchange).tools as JsonObject[]).length).toBe(1)
    expect(exchange.dropped).toEqual(['tools.tool_search'])
    expect(outputOf(body, calling('search', {}))).toMatchObject([{ type: 'function_call', name: 'search' }])
  })

  test('bind a hard budget wherever they are named', () => {
    const hosted = { type: 'additional_tools', tools: [{ type: 'web_search' }] }

    expect(responsesBounds({ input: [user('x'), added] }).unbounded).toBeUndefined()
    expect(responsesBounds({ input: [user('x'), hosted] }).unbounded).toBe('tools[0]')
  })
})

test('a change of the effort is the effort of the next answer', () => {
  const input = [
    user('a'),
    { type: 'configuration_update', reasoning: { effort: 'high' } },
    { type: 'configuration_update', reasoning: { effort: 'low' } },
    user('b'),
  ]
  const sent = sentBy(overChat({ input, reasoning: { effort: 'medium' } }))

  expect(sent).toMatchObject({ reasoning_effort: 'low', messages: [user('a'), user('b')] })
})

test('items that another model is told nothing of are named', () => {
  const input = [
    user('a'),
    { type: 'web_search_call', id: 'ws_1', status: 'completed' },
    { type: 'web_search_call', id: 'ws_2', status: 'completed' },
    { type: 'yet_to_come', id: 'x' },
  ]

  expect(overChat({ input }).dropped).toEqual(['input.web_search_call', 'input.yet_to_come'])
})

describe('a tool that the client runs, and that OpenAI’s models know by its type,', () => {
  const tools = [{ type: 'shell' }, { type: 'apply_patch' }, { type: 'local_shell' }]

  test('is a function to others', () => {
    const exchange = overChat({ tools, tool_choice: { type: 'shell' } })

    expect(sentBy(exchange)).toMatchObject({
      tools: [
        { function: { name: 'shell', parameters: { required: ['commands'] } } },
        { function: { name: 'apply_patch', parameters: { required: ['type', 'path'] } } },
        { function: { name: 'local_shell', parameters: { required: ['command'] } } },
      ],
      tool_choice: { type: 'function', function: { name: 'shell' } },
    })
    expect(exchange.dropped).toEqual([])
  })

  test.each<[string, JsonObject, JsonObject]>([
    [
      'shell',
      { commands: ['ls', 'pwd'] },
      {
        id: expect.stringMatching(/^sh_/) as string,
        type: 'shell_call',
        action: { commands: ['ls', 'pwd'], timeout_ms: null, max_output_length: null },
      },
    ],
    [
      'apply_patch',
      { type: 'create_file', path: 'a.txt', diff: '+a\n' },
      { type: 'apply_patch_call', operation: { type: 'create_file', path: 'a.txt', diff: '+a\n' } },
    ],
    [
      'apply_patch',
      { type: 'delete_file', path: 'a.txt' },
      { type: 'apply_patch_call', operation: { type: 'delete_file', path: 'a.txt' } },
    ],
    ['local_shell', { command: ['ls'] }, { type: 'local_shell_call', action: { type: 'exec', command: ['ls'] } }],
  ])('has its calls as the items that the client waits for: %s', (name, args, item) => {
    expect(outputOf({ tools }, calling(name, args))).toMatchObject([{ ...item, call_id: 'c1', status: 'completed' }])
  })

  test('searches for tools where the client does that itself', () => {
    const parameters = { type: 'object', properties: { goal: { type: 'string' } } }
    const body = { tools: [{ type: 'tool_search', execution: 'client', description: 'Finds.', parameters }] }

    expect(sentBy(overChat(body))).toMatchObject({
      tools: [{ function: { name: 'tool_search', description: 'Finds.', parameters } }],
    })
    expect(outputOf(body, calling('tool_search', { goal: 'g' }))).toMatchObject([
      { type: 'tool_search_call', execution: 'client', arguments: { goal: 'g' }, call_id: 'c1' },
    ])
  })

  test('has its history told', () => {
    const operation = { type: 'create_file', path: 'a.txt', diff: '+a\n' }
    const input = [
      user('Make it'),
      { type: 'apply_patch_call', id: 'apc_1', call_id: 'c1', status: 'completed', operation },
      { type: 'apply_patch_call_output', call_id: 'c1', status: 'completed', output: 'Created' },
    ]

    expect(sentBy(overChat({ input, tools }))).toMatchObject({
      messages: [
        user('Make it'),
        { tool_calls: [{ id: 'c1', function: { name: 'apply_patch', arguments: JSON.stringify(operation) } }] },
        { role: 'tool', tool_call_id: 'c1', content: 'Created' },
      ],
    })
  })

  test('is left out where it runs in a container of the provider’s', () => {
    const exchange = overChat({ tools: [{ type: 'shell', environment: { type: 'container_auto' } }] })

    expect(sentBy(exchange)).not.toHaveProperty('tools')
    expect(exchange.dropped).toEqual(['tools.shell'])
  })

  test('gives way to a function of that name', () => {
    const own = { type: 'function', name: 'shell', parameters: { type: 'object', properties: {} } }

    expect(outputOf({ tools: [own] }, calling('shell', {}))).toMatchObject([{ type: 'function_call', name: 'shell' }])
  })

  test('is streamed as an item that begins and ends', () => {
    const call = { index: 0, id: 'c1', type: 'function', function: { name: 'shell', arguments: '{"commands":' } }
    const rest = { index: 0, function: { arguments: '["ls"]}' } }
    const chunk = (delta: JsonObject, finish_reason: string | null = null) =>
      `data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
    const wire = [chunk({ tool_calls: [call] }), chunk({ tool_calls: [rest] }), chunk({}, 'tool_calls')].join('')
    const { bytes, tail } = streamed(overChat({ tools, stream: true }), [Buffer.from(`${wire}data: [DONE]\n\n`)])
    const events = eventsIn(bytes + tail)

    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.output_item.done',
      'response.completed',
    ])
    expect(events.at(3)?.item).toMatchObject({ type: 'shell_call', action: { commands: ['ls'] } })
  })
})

test('a screen that a tool shows is a picture, also to what bounds the cost', () => {
  const image_url = `data:image/png;base64,${'A'.repeat(400_000)}`
  const input = [
    user('Look'),
    { type: 'computer_call', call_id: 'c1', action: { type: 'screenshot' }, pending_safety_checks: [] },
    { type: 'computer_call_output', call_id: 'c1', output: { type: 'computer_screenshot', image_url } },
  ]

  expect(sentBy(bridged({ input }))).toMatchObject({
    messages: [{}, { content: [{ name: 'computer' }] }, { content: [{ content: [{ type: 'image' }] }] }],
  })
  expect(responsesBounds({ input }).inputTokens).toBeLessThan(100_000)
})

describe('a prompt that is kept at the provider', () => {
  const prompt = { id: 'pmpt_1', variables: { name: 'Ada' } }

  test('is named to it, with no input beside it', () => {
    expect(sentBy(passing({ prompt, input: null as unknown as string }))).toMatchObject({ prompt })
  })

  test('has no bound, and means nothing to others', () => {
    expect(responsesBounds({ prompt }).unbounded).toBe('prompt')
    expect(() => bridged({ prompt })).toThrow(expect.objectContaining({ code: 'unsupported_parameter' }))
  })
})

test('a call in free text is JSON to a client that knows no other', () => {
  const item = { id: 'ctc_1', type: 'custom_tool_call', call_id: 'c1', name: 'run', input: 'print("ä")\n' }
  const response = { id: 'resp_1', model: 'm', status: 'completed', output: [item] }
  const deltas = ['pri', 'nt("ä', '")\n'].map((delta) => ({
    type: 'response.custom_tool_call_input.delta',
    output_index: 0,
    delta,
  }))
  const events: JsonObject[] = [
    { type: 'response.output_item.added', output_index: 0, item: { ...item, input: '' } },
    ...deltas,
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response },
  ]
  const wire = framed(events.map((event) => JSON.stringify(event)).join('\n'))
  const exchange = (body: JsonObject) => translator(anthropicClient, responsesUpstream)(callOf(body), exchangeOptions())
  const { bytes } = streamed(exchange({ stream: true }), [wire])
  const pieces = eventsIn(bytes).flatMap(
    ({ delta }) => (delta as { partial_json?: string } | undefined)?.partial_json ?? [],
  )
  const whole = exchange({}).whole(Buffer.from(JSON.stringify(response)))

  expect(JSON.parse(pieces.join(''))).toEqual({ input: 'print("ä")\n' })
  expect('body' in whole && JSON.parse(String(whole.body))).toMatchObject({
    content: [{ type: 'tool_use', id: 'c1', name: 'run', input: { input: 'print("ä")\n' } }],
  })
})

import { describe, expect, it } from 'vitest'

import type { JsonObject } from '../../lib/core/json.ts'
import { exchangeOf, sent, streamed } from '../support/translated.ts'

const shell = { type: 'custom', custom: { name: 'shell.run', description: 'Runs it.', format: { type: 'text' } } }
const look = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }
const tools: JsonObject[] = [shell, look]

/** The name that is printed: this tongue takes no points in names. */
const printedName = (body: JsonObject): unknown => (body.tools as JsonObject[])[0]?.name

const blocks = (name: unknown): JsonObject[] => [
  { type: 'tool_use', id: 't1', name: name as string, input: { input: 'echo "a"\n' } },
  { type: 'tool_use', id: 't2', name: 'look', input: { at: 1 } },
]
const calls = [
  { id: 't1', type: 'custom', custom: { name: 'shell.run', input: 'echo "a"\n' } },
  { id: 't2', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
]

type Call = { index: number; id?: string; function?: { arguments: string }; custom?: { input: string } }
const callsIn = (stream: string): Call[] =>
  stream
    .split('\n\n')
    .filter((data) => data.startsWith('data: {'))
    .flatMap((data) => {
      const { choices } = JSON.parse(data.slice(6)) as { choices: { delta: { tool_calls?: Call[] } }[] }
      return choices.flatMap(({ delta }) => delta.tool_calls ?? [])
    })

describe('a free-text tool', () => {
  it('is sent as a function with one string, and can be chosen', () => {
    const body = sent({ tools, tool_choice: { type: 'custom', custom: { name: 'shell.run' } } })

    expect(body).toMatchObject({
      tools: [
        {
          description: 'Runs it.',
          input_schema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
        },
        { name: 'look' },
      ],
      tool_choice: { type: 'tool', name: printedName(body) },
    })
  })

  it('is among the tools that are allowed', () => {
    const body = sent({
      tools,
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [shell] } },
    })

    expect(body.tools).toHaveLength(1)
  })

  it('has its earlier calls sent as calls of that function', () => {
    const body = sent({
      tools,
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', tool_calls: calls },
      ],
    })
    const messages = body.messages as { content: JsonObject[] }[]

    expect(messages[1]?.content).toEqual(blocks(printedName(body)))
  })

  it('is called with free text in a whole reply', () => {
    const content = blocks(printedName(sent({ tools })))
    const read = exchangeOf({ tools }).whole(
      Buffer.from(JSON.stringify({ type: 'message', stop_reason: 'tool_use', content })),
    )

    if ('failure' in read) throw new Error(read.failure.message)
    expect(JSON.parse(String(read.body))).toMatchObject({
      choices: [{ message: { content: null, tool_calls: calls }, finish_reason: 'tool_calls' }],
    })
  })

  it.each([
    ['whole', ['{"input":"ec', 'ho \\"a\\""}'], 'tool_use', 'echo "a"'],
    ['that was cut off', ['{"input":"ec'], 'max_tokens', '{"input":"ec'],
    ['without a word', [], 'tool_use', ''],
  ])('is called with free text in a stream, %s', (_, fragments, stop, expected) => {
    const name = printedName(sent({ tools })) as string
    const events: JsonObject[] = [
      { type: 'message_start', message: { id: 'm' } },
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't1', name, input: {} } },
      ...fragments.map((partial_json): JsonObject => ({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'input_json_delta', partial_json },
      })),
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: stop } },
      { type: 'message_stop' },
    ]
    const pieces = events.map((event) => Buffer.from(`data: ${JSON.stringify(event)}\n\n`))

    const { bytes, tail, finished } = streamed(exchangeOf({ tools, stream: true }), pieces)
    const [first, ...rest] = callsIn(bytes + tail)

    expect(finished).toBe(true)
    expect(first).toEqual({ index: 0, id: 't1', type: 'custom', custom: { name: 'shell.run', input: '' } })
    expect(rest.every((call) => call.function === undefined)).toBe(true)
    expect(rest.map((call) => call.custom?.input ?? '').join('')).toBe(expected)
  })
})

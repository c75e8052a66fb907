import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../lib/core/errors.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import { parseMessagesCall } from '../../lib/dialects/anthropic/call.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { asked, callOf, chatExchange, chatExchangeOf, chatSent } from '../support/messages.ts'
import { exchangeOptions } from '../support/translated.ts'

const fault = (ask: () => unknown): GatewayError => {
  try {
    ask()
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('accepted')
}
const assistant = (...content: JsonObject[]): JsonObject => ({ role: 'assistant', content })
const user = (...content: JsonObject[]): JsonObject => ({ messages: [{ role: 'user', content }] })

describe('a messages request', () => {
  it.each([
    [{ max_tokens: undefined }, 'max_tokens'],
    [{ max_tokens: 1.5 }, 'max_tokens'],
    [{ model: '' }, 'model'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages.0.role'],
    [{ messages: [{ role: 'user' }] }, 'messages.0.content'],
    [{ messages: [{ role: 'user', content: [{ text: 'x' }] }] }, 'messages.0.content'],
    [{ system: 3 }, 'system'],
    [{ tools: [{ name: 'x' }] }, 'tools'],
    [{ tools: [{ name: 'x', description: 5, input_schema: {} }] }, 'tools.0.description'],
    [{ thinking: { type: true } }, 'thinking.type'],
    [{ messages: [assistant({ type: 'tool_use', id: 5, name: 'f', input: {} })] }, 'messages.0.content.0.id'],
    [{ messages: [assistant({ type: 'tool_use', id: 't', name: 'f', input: '{}' })] }, 'messages.0.content.0.input'],
    [{ tool_choice: 'auto' }, 'tool_choice'],
    [{ thinking: true }, 'thinking'],
    [{ stop_sequences: 'x' }, 'stop_sequences'],
    [{ stream: 'yes' }, 'stream'],
  ] as [JsonObject, string][])('that is wrong names the field: %j', (body, param) => {
    const error = fault(() => callOf(body))

    expect(error).toMatchObject({ code: 'invalid_request', detail: { param } })
    expect(error.message).toContain(param)
  })

  it.each([
    [user({ type: 'image', source: { type: 'base64' } }), 'messages.0.content.0.source'],
    [user({ type: 'image', source: { type: 'file', file_id: 'f' } }), 'messages.0.content.0.source.type'],
    [user({ type: 'video' }), 'messages.0.content.0.type'],
    [user({ type: 'document', source: {} }), 'messages.0.content.0.source'],
    [user({ type: 'tool_result' }), 'messages.0.content.0.tool_use_id'],
    [user({ type: 'text' }), 'messages.0.content.0.text'],
    [{ messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a' }] }] }, 'messages.0.content.0.name'],
    [{ tools: [{ name: 'a', input_schema: {} }], tool_choice: { type: 'tool', name: 'b' } }, 'tool_choice.name'],
    [{ tools: [{ name: 'a', input_schema: {} }], tool_choice: { type: 'some' } }, 'tool_choice.type'],
    [{ thinking: { type: 'enabled' } }, 'thinking.budget_tokens'],
    [{ output_config: { effort: 'extreme' } }, 'output_config.effort'],
    [{ output_config: { format: { type: 'json_schema' } } }, 'output_config.format.schema'],
    [{ output_format: { type: 'xml' } }, 'output_format.type'],
    [{ mcp_servers: [{ type: 'url' }] }, 'mcp_servers'],
    [{ container: { skills: [{ type: 'anthropic', skill_id: 'pptx' }] } }, 'container'],
  ] as [JsonObject, string][])('that a chat host cannot be given names the field: %j', (body, param) => {
    expect(fault(() => chatExchange(body))).toMatchObject({ detail: { param } })
  })

  it('that is no JSON names line and column', () => {
    expect(fault(() => parseMessagesCall('{\n"model": }'))).toMatchObject({ code: 'invalid_json' })
  })

  it('that goes on with a kept conversation is refused elsewhere, in the words that SDKs look for', () => {
    expect(fault(() => chatExchange({ thread: { type: 'create' } }))).toMatchObject({
      code: 'invalid_request',
      detail: { publicCode: 'thread_unsupported_request', extra: { unsupported: ['thread'] } },
    })
  })
})

it('may name the container that code ran in before: it is left out with the tool that runs code', () => {
  const { body, dropped } = chatExchange({
    container: 'container_1',
    tools: [{ type: 'code_execution_20260120', name: 'code_execution' }],
  })

  expect(body).not.toContain('container')
  expect(dropped.toSorted()).toEqual(['container', 'tools.code_execution_20260120'])
})

it('may say that it can be served anywhere, and where else it must be is refused', () => {
  expect(chatSent({ inference_geo: 'global' })).not.toHaveProperty('inference_geo')
  expect(fault(() => chatExchange({ inference_geo: 'us' }))).toMatchObject({ detail: { param: 'inference_geo' } })
})

it('with a block that another model cannot be given says what it can be given', () => {
  const { message } = fault(() => chatExchange(user({ type: 'container_upload', file_id: 'f' })))

  expect(message).toContain('messages.0.content.0.type ("container_upload")')
  expect(message).toContain('send a text, an image or a document')
})

describe('thinking', () => {
  it.each([
    [{ type: 'between_tools' }],
    [{ type: 'disabled' }],
    [{ block_binding: { prefix_mismatch_behavior: 'drop_block' } }],
    [{ type: null }],
    [undefined],
  ])('as %j asks a chat host for none', (thinking?: JsonObject) => {
    const body = chatSent(thinking && { thinking }, { upstreamModel: 'o3' })

    expect(body).not.toHaveProperty('thinking')
    expect(body.reasoning_effort ?? 'none').toBe('none')
  })

  it('of earlier turns that is bound to them is for the provider alone: what is said of it is named', () => {
    const thinking = { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'error' } }

    expect(chatExchange({ thinking }).dropped).toContain('thinking.block_binding')
    expect(chatSent({ thinking: { block_binding: {} }, output_config: { effort: 'low' } })).toMatchObject({
      reasoning_effort: 'low',
    })
  })
})

describe('for a chat host', () => {
  it('toolsets whose actions are tools of their own are left out and named, and so is the fallback of the provider', () => {
    const { body, dropped } = chatExchange({
      tools: [{ type: 'computer_toolset_20260801' }, { name: 'f', input_schema: {} }],
      fallbacks: 'default',
    })

    expect(JSON.parse(body)).toMatchObject({ tools: [{ function: { name: 'f' } }] })
    expect(JSON.parse(body)).not.toHaveProperty('tools.1')
    expect(dropped).toEqual(expect.arrayContaining(['tools.computer_toolset_20260801', 'fallbacks']))
  })

  it('system, images, files and results of calls stand where that tongue has them', () => {
    const { messages } = chatSent({
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: cc_version=2' },
        { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
      ],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
            { type: 'text', text: 'One moment.' },
            { type: 'tool_use', id: 'toolu_1', name: 'zoom', input: { by: 2 } },
            { type: 'tool_use', id: 'toolu_2', name: 'crop', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              content: [
                { type: 'text', text: 'done' },
                { type: 'image', source: { type: 'base64', media_type: 'image/jpg', data: 'iVBORw0KGgoAAA' } },
              ],
            },
            { type: 'tool_result', tool_use_id: 'toolu_2', is_error: true, content: 'no such tool' },
            { type: 'text', text: 'And now?' },
          ],
        },
        { role: 'system', content: 'The user went home.' },
        {
          role: 'user',
          content: [
            {
              type: 'document',
              title: 'a.pdf',
              source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0' },
            },
            { type: 'document', title: 'Notes', source: { type: 'text', media_type: 'text/plain', data: 'Plain.' } },
          ],
        },
      ],
    })

    expect(messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
        ],
      },
      {
        role: 'assistant',
        content: 'One moment.',
        tool_calls: [
          { id: 'toolu_1', type: 'function', function: { name: 'zoom', arguments: '{"by":2}' } },
          { id: 'toolu_2', type: 'function', function: { name: 'crop', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'toolu_1', content: 'done' },
      { role: 'tool', tool_call_id: 'toolu_2', content: 'Error: no such tool' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgoAAA' } }] },
      { role: 'user', content: 'And now?' },
      { role: 'system', content: 'The user went home.' },
      {
        role: 'user',
        content: [
          { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0', filename: 'a.pdf' } },
          { type: 'text', text: 'Notes\n\nPlain.' },
        ],
      },
    ])
  })

  it('tools, their choice and the wish for one at a time are said', () => {
    const tools = [{ name: 'now', description: 'The time.', input_schema: { type: 'object', properties: {} } }]

    expect(chatSent({ tools, tool_choice: { type: 'any', disable_parallel_tool_use: true } })).toMatchObject({
      tools: [
        {
          type: 'function',
          function: { name: 'now', description: 'The time.', parameters: { type: 'object', properties: {} } },
        },
      ],
      tool_choice: 'required',
      parallel_tool_calls: false,
    })
    expect(chatSent({ tools, tool_choice: { type: 'tool', name: 'now' } }).tool_choice).toEqual({
      type: 'function',
      function: { name: 'now' },
    })
    expect(chatSent({ tools, tool_choice: { type: 'none' } }).tool_choice).toBe('none')
  })

  it('tools that Anthropic defines and the client runs become functions; those it runs itself are named and left out', () => {
    const { body, dropped } = chatExchange({
      tools: [
        { type: 'bash_20250124', name: 'bash' },
        { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' },
        { type: 'web_search_20250305', name: 'web_search' },
      ],
      tool_choice: { type: 'tool', name: 'web_search' },
    })
    const { tools, tool_choice: choice } = JSON.parse(body) as {
      tools: { function: JsonObject }[]
      tool_choice?: JsonObject
    }

    expect(tools.map((tool) => tool.function.name)).toEqual(['bash', 'str_replace_based_edit_tool'])
    expect(choice).toBeUndefined()
    expect(dropped).toEqual(['tools.web_search_20250305', 'tool_choice'])
  })

  it('tools that the conversation added and withdrew are those that are offered', () => {
    const now = { name: 'now', input_schema: { type: 'object' } }
    const later = { name: 'later', input_schema: { type: 'object' }, defer_loading: true }
    const inline = { name: 'inline', input_schema: { type: 'object' } }
    const { messages, tools } = chatSent({
      tools: [now, later],
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'system',
          content: [
            { type: 'tool_removal', tool: { type: 'tool_reference', name: 'now' } },
            { type: 'tool_addition', tool: { type: 'tool_definition', definition: inline } },
            { type: 'text', text: 'Tools changed.' },
          ],
        },
        { role: 'system', content: 'For this turn alone.', clear_at: 'next_user_message' },
        { role: 'user', content: 'Go' },
        { role: 'system', output_config: { effort: 'low' } },
        { role: 'system', content: 'Hurry.', clear_at: 'next_user_message' },
      ],
    })

    expect((tools as { function: JsonObject }[]).map((tool) => tool.function.name)).toEqual(['later', 'inline'])
    expect(messages).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'system', content: 'Tools changed.' },
      { role: 'user', content: 'Go' },
      { role: 'system', content: 'Hurry.' },
    ])
  })

  it('a schema is strict where every host could keep it', () => {
    const closed = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    }
    const open = { ...closed, required: [] }
    const strictOf = (schema: JsonObject) =>
      (chatSent({ output_config: { format: { type: 'json_schema', schema } } }).response_format as JsonObject)
        .json_schema as JsonObject

    expect(strictOf(closed)).toEqual({ name: 'answer', schema: closed, strict: true })
    expect(strictOf(open)).toEqual({ name: 'answer', schema: open })
  })

  it.each([
    [{ thinking: { type: 'enabled', budget_tokens: 2048 } }, 'low'],
    [{ thinking: { type: 'enabled', budget_tokens: 30_000 } }, 'high'],
    [{ thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'high' } }, 'high'],
    [{ output_config: { effort: 'low' } }, 'low'],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, undefined],
  ] as [JsonObject, string | undefined][])('the wish to think is an effort: %j', (body, effort) => {
    expect(chatSent(body).reasoning_effort).toBe(effort)
  })

  it('sampling, stops, the cap and the user keep their meaning', () => {
    const sent = chatSent({
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
      stream: true,
    })

    expect(sent).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      stop: ['END'],
      user: 'u1',
      max_tokens: 100,
      stream: true,
    })
    expect(sent).not.toHaveProperty('metadata')
    expect(chatSent({ metadata: { user_id: 'u'.repeat(100) } }).user).toMatch(/^[0-9a-f]{64}$/)
  })

  it('numbers in the input of earlier calls stay as they were written', () => {
    const text = JSON.stringify({
      ...asked,
      messages: [
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: { id: 'N', x: 'M' } }] },
      ],
    })
      .replace('"N"', '12345678901234567890')
      .replace('"M"', '1.0')

    expect(chatExchangeOf(parseMessagesCall(text)).body).toContain(String.raw`{\"id\":12345678901234567890,\"x\":1.0}`)
  })

  it('what Claude Code sends with every request needs no drop_params: wishes are left out and named', () => {
    const { body, dropped } = chatExchange(claudeCode, { upstreamModel: 'gpt-4.1' })

    expect(dropped).toEqual(['context_management', 'messages.content.server_tool_use', 'tools.defer_loading'])
    expect(Object.keys(JSON.parse(body) as JsonObject).toSorted()).toEqual(
      ['max_tokens', 'messages', 'model', 'reasoning_effort', 'stream', 'tools', 'user'].toSorted(),
    )
  })

  it.each(['openai', 'responses', 'gemini', 'converse', 'cohere', 'ollama'] as const)(
    'what Claude Code sends is taken by an upstream of the tongue %s',
    async (upstream) => {
      const call = callOf(claudeCode)
      const { body, dropped } = await exchange(
        { client: 'anthropic', upstream },
        call,
        exchangeOptions({ upstreamModel: 'some-model' }),
      )

      expect(body).toContain('You are Claude Code.')
      expect(body).not.toContain('x-anthropic-billing-header')
      expect(dropped).toContain('context_management')
    },
  )

  it("a deployment's defaults in OpenAI's names are understood, and what the client sent wins", () => {
    const params = { stop: ['X'], reasoning_effort: 'low', temperature: 0.1, seed: 7 }

    expect(chatSent({ temperature: 0.9 }, { params })).toMatchObject({
      stop: ['X'],
      reasoning_effort: 'low',
      temperature: 0.9,
      seed: 7,
    })
    expect(chatSent({ thinking: { type: 'disabled' }, stop_sequences: ['Y'] }, { params })).toMatchObject({
      stop: ['Y'],
    })
  })
})

/** The kinds of fields that a request of Claude Code has, in miniature. */
const claudeCode: JsonObject = {
  system: [
    { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.0' },
    { type: 'text', text: 'You are Claude Code.', cache_control: { type: 'ephemeral', ttl: '1h' } },
  ],
  thinking: { type: 'adaptive', display: 'omitted' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  output_config: { effort: 'medium' },
  metadata: { user_id: 'user_abc_account__session_def' },
  stream: true,
  tools: [
    { name: 'Read', description: 'Reads.', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } },
    { name: 'Later', description: 'Later.', input_schema: { type: 'object' }, defer_loading: true },
  ],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }] },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: '', signature: 'c2ln' },
        { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
        { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'tool_reference', tool_name: 'Later' }] },
      ],
    },
    { role: 'system', content: 'Reminder.' },
  ],
}

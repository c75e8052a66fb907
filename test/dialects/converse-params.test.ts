import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { claude, converseOf, sent, sentTo } from '../support/converse.ts'
import { accumulated, messageOf, streamed } from '../support/translated.ts'
import { event } from '../support/event-stream.ts'

const nova2 = 'us.amazon.nova-2-lite-v1:0'
const older = 'anthropic.claude-3-5-sonnet-20240620-v1:0'
const fields = (model: string, body: JsonObject) => sentTo(model, body).additionalModelRequestFields
const droppedOf = (model: string, body: JsonObject) => converseOf(body, { upstreamModel: model }).dropped

it('no call is forced on models of Anthropic that refuse it there as they do at home', () => {
  const tools = ['a', 'b'].map((name) => ({ type: 'function', function: { name, parameters: { type: 'object' } } }))
  const toolChoice = { type: 'function', function: { name: 'b' } }
  const asked = { tools, tool_choice: toolChoice }

  expect(sentTo('us.anthropic.claude-opus-5-5', asked).toolConfig).not.toHaveProperty('toolChoice')
  expect(JSON.stringify(sentTo('us.anthropic.claude-opus-5-5', asked).toolConfig)).not.toContain('"a"')
  expect(droppedOf('us.anthropic.claude-opus-5-5', asked)).toEqual(['tool_choice'])
  expect(sentTo('us.anthropic.claude-opus-5', asked).toolConfig).toMatchObject({ toolChoice: { tool: { name: 'b' } } })
})

it('thinking of earlier turns is dropped where its conversation has changed, by models that would refuse it', () => {
  const thought = { type: 'thinking', thinking: 'Hm', signature: 'c2ln' }
  const messages = [
    { role: 'user', content: 'A' },
    { role: 'assistant', content: 'B', thinking_blocks: [thought] },
    { role: 'user', content: 'C' },
  ]

  expect(fields('us.anthropic.claude-opus-5-5', { messages })).toEqual({
    thinking: { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'drop_block' } },
    anthropic_beta: ['thinking-binding-controls-2026-08-01'],
  })
  expect(fields('us.anthropic.claude-opus-5', { messages })).toBeUndefined()
  expect(fields('us.anthropic.claude-opus-5-5', {})).toBeUndefined()
})

describe('sampling', () => {
  it('stands in inferenceConfig, on scales that end at 1', () => {
    const { inferenceConfig } = sentTo(nova2, { max_tokens: 9, temperature: 1.7, top_p: 0.5, stop: ['a', ' ', 'b'] })

    expect(inferenceConfig).toEqual({ maxTokens: 9, temperature: 1, topP: 0.5, stopSequences: ['a', 'b'] })
  })

  it('is the cap that was paid for, and no cap of our own', () => {
    expect(sent({ max_tokens: 9 }, { outputCap: 5 }).inferenceConfig).toEqual({ maxTokens: 5 })
    expect(sent()).not.toHaveProperty('inferenceConfig')
  })

  it('keeps top_k where the family has it', () => {
    expect(fields(older, { top_k: 4 })).toEqual({ top_k: 4 })
    expect(fields(nova2, { top_k: 4 })).toEqual({ inferenceConfig: { topK: 4 } })
    expect(droppedOf('meta.llama3-70b-instruct-v1:0', { top_k: 4 })).toEqual(['top_k'])
  })

  it('follows what newer models refuse, and names it', () => {
    const both = { temperature: 0.5, top_p: 0.5 }

    expect(sent(both).inferenceConfig).toEqual({ temperature: 0.5 })
    const refusing = converseOf(both, { upstreamModel: 'us.openai.gpt-5.6-sol' })
    expect(JSON.parse(refusing.body)).not.toHaveProperty('inferenceConfig')
    expect(refusing.dropped).toEqual(['temperature', 'top_p'])
    expect(droppedOf(claude, both)).toEqual(['top_p'])
    expect(sentTo('global.anthropic.claude-opus-5-v1:0', both)).not.toHaveProperty('inferenceConfig')
    expect(droppedOf(nova2, { stop: ['a', 'b', 'c', 'd', 'e'] })).toEqual(['stop'])
  })

  it.each(['us.openai.gpt-5.6-sol', 'openai.gpt-oss-120b-1:0'])('of %s has no stop sequences', (upstreamModel) => {
    const { body, dropped } = converseOf({ max_tokens: 9, stop: ['END'] }, { upstreamModel })

    expect(JSON.parse(body)).toMatchObject({ inferenceConfig: { maxTokens: 9 } })
    expect(body).not.toContain('stopSequences')
    expect(dropped).toEqual(['stop'])
  })
})

describe('reasoning', () => {
  it.each<[string, JsonObject, JsonObject | undefined]>([
    [claude, { reasoning_effort: 'low' }, { thinking: { type: 'enabled', budget_tokens: 1024 } }],
    [
      'us.anthropic.claude-opus-4-6-v1',
      { reasoning_effort: 'medium' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } },
    ],
    [older, { reasoning_effort: 'low' }, undefined],
    [nova2, { reasoning_effort: 'high' }, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }],
    [
      nova2,
      { reasoning_effort: 'high', max_tokens: 100 },
      { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } },
    ],
    [nova2, { reasoning_effort: 'none' }, undefined],
    ['openai.gpt-oss-120b-1:0', { reasoning_effort: 'high' }, { reasoning_effort: 'high' }],
    ['openai.gpt-oss-120b-1:0', { reasoning_effort: 'none' }, { reasoning_effort: 'low' }],
    ['us.openai.gpt-5.6-sol', { reasoning_effort: 'xhigh' }, { reasoning: { effort: 'xhigh' } }],
    ['us.openai.gpt-5.6-sol', { reasoning_effort: 'minimal' }, { reasoning: { effort: 'low' } }],
    ['us.openai.gpt-5.6-sol', { reasoning_effort: 'none' }, { reasoning: { effort: 'none' } }],
    [
      'us.openai.gpt-5.6-sol',
      { thinking: { type: 'enabled', budget_tokens: 8000 } },
      { reasoning: { effort: 'medium' } },
    ],
    ['qwen.qwen3-32b-v1:0', { reasoning_effort: 'minimal' }, { reasoning_config: 'low' }],
    ['zai.glm-4.7', { thinking: { type: 'enabled', budget_tokens: 8000 } }, { reasoning_config: 'high' }],
    ['meta.llama3-70b-instruct-v1:0', { reasoning_effort: 'low' }, undefined],
  ])('of %s by %j is asked for as %j', (model, body, expected) => {
    expect(fields(model, body)).toEqual(expected)
  })

  it('with a budget has a cap above it', () => {
    expect(sent({ reasoning_effort: 'high' }).inferenceConfig).toEqual({ maxTokens: 64_000 })
  })

  it('that is not to be had is named', () => {
    expect(droppedOf('meta.llama3-70b-instruct-v1:0', { reasoning_effort: 'low' })).toEqual(['reasoning_effort'])
    expect(droppedOf('openai.gpt-oss-20b-1:0', { reasoning_effort: 'none' })).toEqual(['reasoning_effort'])
  })

  it('goes by the base model where the name is an ARN that says nothing', () => {
    const upstreamModel = 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456'
    const asked = { reasoning_effort: 'low' }

    expect(converseOf(asked, { upstreamModel }).dropped).toEqual(['reasoning_effort'])
    expect(
      sent(asked, { upstreamModel, baseModel: 'anthropic.claude-sonnet-4-5' }).additionalModelRequestFields,
    ).toEqual({
      thinking: { type: 'enabled', budget_tokens: 1024 },
    })
  })
})

describe('structured output', () => {
  const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 3 } } }
  const format = { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }

  it('is native where the model has it, its schema as text', () => {
    expect(sent(format).outputConfig).toEqual({
      textFormat: {
        type: 'json_schema',
        structure: {
          jsonSchema: {
            name: 'answer',
            schema:
              '{"type":"object","properties":{"n":{"type":"integer","description":"(minimum: 3)"}},"additionalProperties":false}',
          },
        },
      },
    })
  })

  it('is one tool that must be called where it has that alone, streamed too', () => {
    expect(sentTo(older, format).toolConfig).toMatchObject({
      tools: [{ toolSpec: { name: 'json', inputSchema: { json: schema } } }],
      toolChoice: { tool: { name: 'json' } },
    })
    const { bytes, tail } = streamed(converseOf({ ...format, stream: true }, { upstreamModel: older }), [
      event('contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { toolUseId: 'a', name: 'json' } } }),
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: '{"n"' } } }),
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: ':4}' } } }),
      event('messageStop', { stopReason: 'tool_use' }),
      event('metadata', { usage: { inputTokens: 1, outputTokens: 1 } }),
    ])
    expect(accumulated(bytes + tail)).toMatchObject({ content: '{"n":4}', calls: [], finish: 'stop' })
  })

  it('is asked for in words where it has neither, or has tools of the client beside it', () => {
    const tools = [{ type: 'function', function: { name: 'look' } }]

    for (const body of [sentTo('meta.llama3-70b-instruct-v1:0', format), sentTo(older, { ...format, tools })])
      expect(JSON.stringify(body.system)).toContain('matches this JSON schema')
    expect(JSON.stringify(sentTo('amazon.titan-text-express-v1', format).messages)).toContain(
      'matches this JSON schema',
    )
  })
})

describe('other parameters', () => {
  const guardrailConfig = { guardrailIdentifier: 'g', guardrailVersion: '1', streamProcessingMode: 'async' }

  it('of the client: a guardrail passes, niceties are named, fields of a model’s own are refused', () => {
    expect(sent({ guardrailConfig }).guardrailConfig).toEqual({ guardrailIdentifier: 'g', guardrailVersion: '1' })
    expect(sent({ guardrailConfig, stream: true }).guardrailConfig).toEqual(guardrailConfig)
    expect(droppedOf(claude, { seed: 1, service_tier: 'scale', user: 'u' }).toSorted()).toEqual([
      'seed',
      'service_tier',
      'user',
    ])
    expect(() => sent({ additionalModelRequestFields: { max_tokens: 1e6 } })).toThrow(/additionalModelRequestFields/)
    expect(() => sent({ n: 2 })).toThrow(/n \(2\)/)
    expect(converseOf({ n: 2 }, { dropParams: true }).dropped).toEqual(['n'])
  })

  it('of the deployment go where the API has them', () => {
    const params = {
      guardrailConfig,
      performanceConfig: { latency: 'optimized' },
      additionalModelRequestFields: { a: 1 },
      top_a: 2,
    }

    expect(sent({}, { params })).toMatchObject({
      guardrailConfig: { guardrailIdentifier: 'g' },
      performanceConfig: { latency: 'optimized' },
      additionalModelRequestFields: { a: 1, top_a: 2 },
    })
  })

  it('leave the reply alone: names of tools come back as the client wrote them', () => {
    const tools = [{ type: 'function', function: { name: 'mcp.server:tool' } }]
    const exchange = converseOf({ tools })
    const [, name] = /"name":"(mcp_server_tool_\w+)"/.exec(exchange.body) ?? []
    const toolUse = { toolUseId: 'a', name: name ?? '', input: {} }
    const reply = exchange.whole(
      Buffer.from(JSON.stringify({ output: { message: { content: [{ toolUse }] } }, stopReason: 'tool_use' })),
    )

    if ('failure' in reply) throw new Error(reply.failure.message)
    expect(messageOf(String(reply.body)).calls).toEqual([{ id: 'a', name: 'mcp.server:tool', arguments: '{}' }])
  })
})

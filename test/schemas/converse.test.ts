import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../lib/core/errors.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import { conversation } from '../support/conversations.ts'
import { claude, converseOf } from '../support/converse.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

type Asked = { operation: 'Converse' | 'ConverseStream'; input: JsonObject }

/** The faults that AWS's own model finds in each request. */
function judged(requests: readonly Asked[]): string[][] {
  const python = `${root}.e2e/bedrock/bin/python`
  const input = requests.map((request) => JSON.stringify(request)).join('\n')
  const { status, stdout, stderr, error } = spawnSync(python, ['test/schemas/bedrock/validate.py'], {
    cwd: root,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0)
    throw new Error(`the judge did not run (test/schemas/run.sh installs it): ${error?.message ?? stderr}`)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[])
}

const models = [
  claude,
  'anthropic.claude-3-5-sonnet-20240620-v1:0',
  'global.anthropic.claude-opus-5-v1:0',
  'eu.amazon.nova-pro-v1:0',
  'us.amazon.nova-2-lite-v1:0',
  'mistral.mistral-large-2407-v1:0',
  'mistral.mistral-7b-instruct-v0:2',
  'us.meta.llama4-maverick-17b-instruct-v1:0',
  'us.deepseek.r1-v1:0',
  'openai.gpt-oss-120b-1:0',
  'qwen.qwen3-32b-v1:0',
  'zai.glm-4.7',
  'moonshotai.kimi-k2.5',
  'cohere.command-r-plus-v1:0',
  'amazon.titan-text-express-v1',
  'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456',
]

const schema = { type: 'object', properties: { city: { type: 'string', maxLength: 9 } }, required: ['city'] }
const tool = (name: string, more: JsonObject = {}): JsonObject => ({ type: 'function', function: { name, ...more } })
const tools = fc.constantFrom<JsonObject[]>(
  [],
  [tool('look'), tool('mcp.server:tool', { description: '', parameters: schema, strict: true })],
  [
    {
      ...tool('y'.repeat(80), { description: 'Long', parameters: { $ref: '#/x' } }),
      cache_control: { type: 'ephemeral', ttl: '1h' },
    },
  ],
)
const wishes = fc.record(
  {
    tool_choice: fc.constantFrom('auto', 'none', 'required'),
    parallel_tool_calls: fc.boolean(),
    max_tokens: fc.integer({ min: 1, max: 64_000 }),
    temperature: fc.constantFrom(0, 0.5, 1, 2),
    top_p: fc.constantFrom(0, 0.5, 1),
    top_k: fc.constantFrom(1, 40),
    stop: fc.constantFrom<JsonObject['']>('\n', 'END', ['a', ' ', 'b', 'c', 'd', 'e']),
    reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh'),
    response_format: fc.constantFrom<JsonObject>(
      { type: 'json_object' },
      { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
    ),
    guardrailConfig: fc.constant({ guardrailIdentifier: 'abc', guardrailVersion: '1', streamProcessingMode: 'sync' }),
    user: fc.constant('u-1'),
    stream: fc.boolean(),
  },
  { requiredKeys: [] },
)

const requests = fc.record({ messages: conversation, tools, wishes, model: fc.constantFrom(...models) })

function printed({
  messages,
  tools: given,
  wishes: more,
  model,
}: {
  messages: JsonObject[]
  tools: JsonObject[]
  wishes: object
  model: string
}): Asked[] {
  const body = { messages, ...(given.length > 0 && { tools: given }), ...more } as JsonObject
  try {
    const exchange = converseOf(body, { upstreamModel: model, dropParams: true })
    const operation = body.stream === true ? 'ConverseStream' : 'Converse'
    return [{ operation, input: { ...(JSON.parse(exchange.body) as JsonObject), modelId: model } }]
  } catch (error) {
    // Refused by name, before anything is sent.
    if (error instanceof GatewayError) return []
    throw error
  }
}

describe('requests to Converse', () => {
  it('are as AWS’s model of the service has them, whatever the conversation, model and wishes', () => {
    const sent = fc.sample(requests, 3000).flatMap(printed)
    const faults = judged(sent).flatMap((found, at) => (found.length > 0 ? [{ found, request: sent[at] }] : []))

    expect(sent.length).toBeGreaterThan(2000)
    expect(faults.slice(0, 3)).toEqual([])
  })

  it('would be found out if they were not', () => {
    const message = (content: JsonObject[]): JsonObject => ({ modelId: 'm', messages: [{ role: 'user', content }] })
    const wrong: JsonObject[] = [
      message([{ text: 'a', image: { format: 'png', source: { bytes: 'AA==' } } }]),
      message([{ image: { format: 'tiff', source: { bytes: 'AA==' } } }]),
      message([{ toolResult: { toolUseId: 'a b', content: [] } }]),
      message([{ toolUse: { toolUseId: 'a', name: 'x'.repeat(65), input: {} } }]),
      { ...message([]), inferenceConfig: { temperature: 2 } },
      { ...message([]), system: [{ text: '' }] },
      { ...message([]), invented: 1 },
    ]

    expect(
      judged(wrong.map((input) => ({ operation: 'Converse' as const, input }))).map(({ length }) => length > 0),
    ).toEqual(wrong.map(() => true))
  })
})

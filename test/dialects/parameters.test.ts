import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../lib/core/errors.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import type { ClientDialect, DialectName, ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { boundsOf as messagesBounds } from '../../lib/dialects/anthropic/bounds.ts'
import { boundsOf as chatBounds } from '../../lib/dialects/openai/bounds.ts'
import { responsesBounds } from '../../lib/dialects/responses/bounds.ts'
import { callOf, exchangeOptions } from '../support/translated.ts'

const upstreams: Record<DialectName, Partial<ExchangeOptions>> = {
  openai: { upstreamModel: 'gpt-4o', flags: { developerRole: true, streamUsage: true } },
  responses: { upstreamModel: 'gpt-4o', flags: { developerRole: true } },
  anthropic: { upstreamModel: 'claude-sonnet-4-5' },
  gemini: { upstreamModel: 'gemini-2.5-flash', flags: { serviceTier: 'body' } },
  converse: { upstreamModel: 'anthropic.claude-sonnet-4-5-20250929-v1:0' },
  cohere: { upstreamModel: 'command-a-03-2025' },
  ollama: { upstreamModel: 'gpt-oss:20b' },
}

const chatTool = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
const messages = [{ role: 'user', content: 'Hello' }]

/** Requests of each client: what all have, and one parameter each that asks for something. `beside`: what it needs to mean it. */
type Asked = { name: string; value: JsonObject['']; beside?: JsonObject }
const clients: Record<ClientDialect, { base: JsonObject; asked: Asked[] }> = {
  openai: {
    base: { model: 'm', messages },
    asked: [
      { name: 'n', value: 2 },
      { name: 'logprobs', value: true },
      { name: 'top_logprobs', value: 3, beside: { logprobs: true } },
      { name: 'user', value: 'u' },
      { name: 'safety_identifier', value: 's' },
      { name: 'metadata', value: { a: 'b' }, beside: { store: true } },
      { name: 'store', value: true },
      { name: 'prediction', value: { type: 'content', content: 'x' } },
      { name: 'web_search_options', value: { search_context_size: 'low' } },
      { name: 'seed', value: 7 },
      { name: 'stop', value: ['END'] },
      { name: 'logit_bias', value: { '50256': -100 } },
      { name: 'frequency_penalty', value: 0.5 },
      { name: 'presence_penalty', value: 0.5 },
      { name: 'temperature', value: 0.5 },
      { name: 'top_p', value: 0.5 },
      { name: 'top_k', value: 5 },
      { name: 'max_tokens', value: 50 },
      { name: 'max_completion_tokens', value: 50 },
      { name: 'verbosity', value: 'low' },
      { name: 'service_tier', value: 'flex' },
      { name: 'service_tier', value: 'priority' },
      { name: 'prompt_cache_key', value: 'k' },
      { name: 'prompt_cache_retention', value: '24h' },
      { name: 'modalities', value: ['text', 'audio'] },
      { name: 'audio', value: { voice: 'alloy', format: 'wav' } },
      { name: 'reasoning_effort', value: 'high' },
      { name: 'parallel_tool_calls', value: false, beside: { tools: [chatTool] } },
      { name: 'tools', value: [chatTool] },
      { name: 'tool_choice', value: 'required', beside: { tools: [chatTool] } },
      { name: 'tool_choice', value: 'none', beside: { tools: [chatTool] } },
      { name: 'tool_choice', value: { type: 'function', function: { name: 'f' } }, beside: { tools: [chatTool] } },
      { name: 'response_format', value: { type: 'json_object' } },
      { name: 'response_format', value: { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } } },
      { name: 'functions', value: [{ name: 'f', parameters: { type: 'object' } }] },
      { name: 'nobody_knows_this', value: 1 },
    ],
  },
  responses: {
    base: { model: 'm', input: 'Hello', store: false },
    asked: [
      { name: 'n', value: 2 },
      { name: 'instructions', value: 'Be brief.' },
      { name: 'include', value: ['message.output_text.logprobs'] },
      { name: 'include', value: ['web_search_call.action.sources'] },
      { name: 'top_logprobs', value: 3 },
      { name: 'user', value: 'u' },
      { name: 'safety_identifier', value: 's' },
      { name: 'temperature', value: 0.5 },
      { name: 'top_p', value: 0.5 },
      { name: 'max_output_tokens', value: 50 },
      { name: 'max_tool_calls', value: 3 },
      { name: 'truncation', value: 'auto' },
      { name: 'service_tier', value: 'flex' },
      { name: 'service_tier', value: 'priority' },
      { name: 'prompt_cache_key', value: 'k' },
      { name: 'prompt_cache_retention', value: '24h' },
      { name: 'text', value: { verbosity: 'low' } },
      { name: 'text', value: { format: { type: 'json_object' } } },
      { name: 'text', value: { format: { type: 'json_schema', name: 'x', schema, strict: true } } },
      { name: 'reasoning', value: { effort: 'high' } },
      { name: 'tools', value: [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }] },
      { name: 'tools', value: [{ type: 'web_search' }] },
      { name: 'nobody_knows_this', value: 1 },
    ],
  },
  anthropic: {
    base: { model: 'm', max_tokens: 5000, messages },
    asked: [
      { name: 'n', value: 2 },
      { name: 'logprobs', value: true },
      { name: 'metadata', value: { user_id: 'u' } },
      { name: 'stop_sequences', value: ['END'] },
      { name: 'system', value: 'Be brief.' },
      { name: 'temperature', value: 0.5 },
      { name: 'top_p', value: 0.5 },
      { name: 'top_k', value: 5 },
      { name: 'service_tier', value: 'standard_only' },
      { name: 'thinking', value: { type: 'enabled', budget_tokens: 2000 } },
      { name: 'output_config', value: { effort: 'low' } },
      { name: 'output_config', value: { format: { type: 'json_schema', schema } } },
      { name: 'context_management', value: { edits: [] } },
      { name: 'mcp_servers', value: [{ type: 'url', url: 'https://x.test', name: 'x' }] },
      { name: 'container', value: 'c' },
      { name: 'tools', value: [{ name: 'f', input_schema: { type: 'object', properties: {} } }] },
      { name: 'tools', value: [{ type: 'web_search_20250305', name: 'web_search' }] },
      { name: 'nobody_knows_this', value: 1 },
    ],
  },
}

/** What says nothing where it is not said: decided, one by one. */
const meansNothing: { client: ClientDialect; upstreams: readonly DialectName[]; name: string; why: string }[] = [
  {
    client: 'openai',
    upstreams: ['openai'],
    name: 'metadata',
    why: 'is for answers that are stored; it stands beside `store`, which asks for that',
  },
  {
    client: 'anthropic',
    upstreams: ['gemini', 'cohere', 'ollama'],
    name: 'service_tier',
    why: '`standard_only` is what happens there anyway',
  },
]

const other: Record<string, string[]> = {
  max_completion_tokens: ['max_tokens'],
  safety_identifier: ['user'],
  metadata: ['metadata', 'user'],
  stop_sequences: ['stop'],
  output_config: ['reasoning_effort', 'thinking', 'response_format'],
  thinking: ['thinking', 'reasoning_effort'],
  reasoning: ['reasoning_effort', 'thinking'],
  text: ['verbosity', 'response_format'],
  include: ['include', 'logprobs'],
}
const says = (name: string, said: string): boolean =>
  [name, ...(other[name] ?? [])].some((one) => said === one || said.startsWith(`${one}.`) || said.startsWith(`${one}[`))

type Told = { body: string; headers: string; dropped: string[] } | { refused: string }

async function told(
  client: ClientDialect,
  upstream: DialectName,
  body: JsonObject,
  dropParams: boolean,
): Promise<Told> {
  const options = exchangeOptions({ ...upstreams[upstream], dropParams })
  try {
    const bound = await exchange({ client, upstream }, callOf(body), options)
    return { body: bound.body, headers: JSON.stringify(bound.headers), dropped: bound.dropped }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return { refused: error.detail.param ?? '' }
  }
}

const pairs = (Object.keys(clients) as ClientDialect[]).flatMap((client) =>
  (Object.keys(upstreams) as DialectName[]).map((upstream) => [client, upstream] as const),
)

describe.each(pairs)('a parameter of a %s client towards %s', (client, upstream) => {
  const { base, asked } = clients[client]
  test.each(asked)('is said, named as dropped, or refused by name: $name $value', async ({ name, value, beside }) => {
    const without = await told(client, upstream, { ...base, ...beside }, false)
    const strictly = await told(client, upstream, { ...base, ...beside, [name]: value }, false)
    const loosely = await told(client, upstream, { ...base, ...beside, [name]: value }, true)

    if ('refused' in strictly && !('refused' in without)) expect(says(name, strictly.refused)).toBe(true)
    expect('refused' in loosely ? loosely.refused : undefined).toBeUndefined()
    if (meansNothing.some((one) => one.client === client && one.name === name && one.upstreams.includes(upstream)))
      return
    const plain = await told(client, upstream, { ...base, ...beside }, true)
    if ('refused' in loosely || 'refused' in plain) throw new Error('refused although it may be dropped')
    const named = loosely.dropped.some((one) => says(name, one))
    expect({ name, said: named || loosely.body !== plain.body || loosely.headers !== plain.headers }).toEqual({
      name,
      said: true,
    })
  })
})

test.each(['web_search_options', 'search_parameters', 'enable_search', 'plugins', 'models', 'prediction'])(
  'what no count of tokens bounds has no bound, whichever tongue asks for it: %s',
  (name) => {
    const value = name === 'enable_search' ? true : { a: 1 }

    expect(chatBounds({ messages, [name]: value }).unbounded).toBe(name)
    expect(messagesBounds({ messages, max_tokens: 9, [name]: value }).unbounded).toBe(name)
    expect(responsesBounds({ input: 'Hi', [name]: value }).unbounded).toBe(name)
  },
)

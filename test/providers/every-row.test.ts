import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import type { ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { parseChatCall } from '../../lib/dialects/openai/call.ts'
import { address, type AddressRequest } from '../../lib/providers/address.ts'
import type { Endpoint, Provider } from '../../lib/providers/provider.ts'
import { providerOf, providers } from '../../lib/providers/rows.ts'
import { speechOf } from '../../lib/providers/speech-of.ts'
import { endpoints } from './endpoints.table.ts'
import { table } from './rows.table.ts'

const rows = table
  .trim()
  .split('\n')
  .map((line) => line.split(' | '))

const others = endpoints
  .trim()
  .split('\n')
  .map((line) => line.split(' | ') as [string, string, string, string])

/** Rows whose address is the operator's own. */
const bases: Record<string, string> = {
  azure: 'https://resource.openai.azure.com',
  azure_ai: 'https://resource.services.ai.azure.com/models',
  hosted_vllm: 'http://host:8000/v1',
  litellm_proxy: 'http://proxy:4000',
  custom_openai: 'http://own:1/v1',
}

const deployment = (provider: string): Deployment => ({
  id: 'd',
  group: 'public',
  provider,
  model: 'm',
  headers: {},
  params: {},
  additionalDropParams: [],
  mode: 'chat',
  info: {},
})

function rowOf(id: string): Provider {
  const provider = providerOf(id)
  if (!provider) throw new Error(`no row ${id}`)
  return provider
}

function reach(id: string, kind: AddressRequest['kind']) {
  const provider = rowOf(id)
  const speech = speechOf(provider, deployment(id), { model: 'm', need: { client: 'openai', reasonedTools: false } })
  // An OpenAI client is passed on as it is where a host speaks both: the row's own dialect is looked at here.
  const path = provider.streamPath ?? provider.paths.chat ?? speech.path
  const apiBase = bases[id]
  return address(deployment(id), {
    kind,
    model: 'm',
    key: 'KEY',
    variables: Object.fromEntries(Object.keys(provider.variables ?? {}).map((name) => [name, name])),
    ...(kind === 'chat' && { chatPath: path }),
    ...(apiBase !== undefined && { apiBase }),
  })
}

describe('every provider', () => {
  it.each(rows.filter(([, url]) => url?.startsWith('http')))('%s is asked for chat at %s', (id = '', url) => {
    expect(reach(id, 'chat').url).toBe(url)
  })

  it.each(rows.filter(([, , url]) => url !== '-').map(([id = '', , url = '']) => [id, url] as const))(
    '%s is asked for embeddings at %s',
    (id, url) => {
      expect(reach(id, 'embeddings').url).toBe(url)
    },
  )

  it.each(rows.filter(([, , , header]) => header !== '-').map(([id = '', , , header = '']) => [id, header] as const))(
    '%s gets its key as %s',
    (id, header) => {
      const kind = (['chat', 'embeddings', 'images', 'speech'] as const).find((name) => rowOf(id).paths[name])
      const { headers, signing } = reach(id, kind ?? 'chat')
      const sent = Object.entries(headers).filter(([, value]) => value.includes('KEY'))

      if (signing) expect([signing, header]).toEqual([{ scheme: 'ibm_iam', apiKey: 'KEY' }, '(ibm_iam KEY)'])
      else expect(sent.map(([name, value]) => `${name}: ${value}`)).toEqual([header])
    },
  )

  it.each(rows.map(([id = '', , , , name = '']) => [id, name] as const))('%s has its key in %s', (id, name) => {
    expect(rowOf(id).keyNames[0]).toBe(name)
  })

  it.each(others)('%s is asked for %s in the shape of %s at %s', (id, kind, codec, url) => {
    const found = reach(id, kind as Endpoint)

    expect(decodeURIComponent(found.url)).toBe(url)
    expect(rowOf(id).codecs?.[kind as Endpoint] ?? '-').toBe(codec)
    expect(found.signing ?? Object.values(found.headers).some((value) => value.includes('KEY'))).toBeTruthy()
  })

  it('has no other endpoint than those that are looked at here', () => {
    const written = others.map(([id, kind]) => `${id} ${kind}`)
    const promised = providers.flatMap(({ id, paths, unserved }) =>
      unserved === undefined
        ? Object.keys(paths).flatMap((kind) => (/^(?:chat|embeddings)$/.test(kind) ? [] : [`${id} ${kind}`]))
        : [],
    )

    expect(promised.toSorted()).toEqual(written.toSorted())
  })

  it('is asked at its host alone where that serves an endpoint elsewhere', () => {
    const deployed = deployment('nvidia_nim')
    const request = { kind: 'rerank' as const, model: 'nvidia/m', key: 'KEY' }

    expect(address(deployed, request).url).toBe('https://ai.api.nvidia.com/v1/retrieval/nvidia/m/reranking')
    expect(address(deployed, { ...request, apiBase: 'http://nim:8000/v1' }).url).toBe('http://nim:8000/v1/ranking')
  })

  it('that has no chat says so', () => {
    for (const [id = '', url] of rows.filter(([, , , header]) => header !== '-'))
      if (url === '-') expect(() => reach(id, 'chat')).toThrow(/has no chat endpoint/)
  })

  it('that is gone says so', () => {
    expect(() => reach('github', 'chat')).toThrow('GitHub Models was retired on 2026-07-30')
  })

  it('is in the table', () => {
    const elsewhere = /^(?:ollama|ollama_chat|custom_openai|gemini|vertex_ai|bedrock|bedrock_mantle|anthropic_aws)/
    const missing = providers.map(({ id }) => id).filter((id) => !rows.some(([row]) => row === id))

    expect(missing.filter((id) => !elsewhere.test(id))).toEqual([])
    expect(new Set(rows.map(([id]) => id)).size).toBe(rows.length)
  })
})

const usual = {
  model: 'm',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
  ],
  stream: true,
  stream_options: { include_usage: true },
  max_tokens: 64,
  seed: 7,
}
const without = (body: JsonObject, left: string): JsonObject =>
  Object.fromEntries(Object.entries(body).filter(([name]) => name !== left))

/** How the body of one and the same request differs from what most hosts get. */
const different: Record<string, (body: JsonObject) => JsonObject> = {
  // Who asked by the newer name knew that the model has it.
  openai: (body) => completionTokens(developer(body)),
  azure: (body) => completionTokens(developer(body)),
  xai: (body) => developer(body),
  litellm_proxy: (body) => completionTokens(developer(body)),
  cerebras: (body) => completionTokens(body),
  snowflake: (body) => completionTokens(body),
  mistral: (body) => renamed(body, 'seed', 'random_seed'),
  codestral: (body) => renamed(body, 'seed', 'random_seed'),
  perplexity: (body) => without(body, 'seed'),
  watsonx: (body) => without(renamed(body, 'model', 'model_id'), 'stream_options'),
}

function developer(body: JsonObject): JsonObject {
  return { ...body, messages: usual.messages.map((m) => (m.role === 'system' ? { ...m, role: 'developer' } : m)) }
}
const completionTokens = (body: JsonObject) => renamed(body, 'max_tokens', 'max_completion_tokens')
function renamed(body: JsonObject, from: string, to: string): JsonObject {
  const { [from]: value = null, ...rest } = body
  return { ...rest, [to]: value }
}

describe('the body of one request', () => {
  const chat = providers.filter(({ dialect, unserved, paths }) => dialect === 'openai' && !unserved && paths.chat)

  it.each(chat.map(({ id }) => id))('is as %s takes it', async (id) => {
    const provider = rowOf(id)
    const speech = speechOf(provider, deployment(id), { model: 'm', need: { client: 'openai', reasonedTools: false } })
    const sent = { ...developer(usual), model: 'public', stream_options: { include_usage: false } }
    const call = parseChatCall(JSON.stringify(completionTokens(sent)))
    const { body } = await exchange({ client: 'openai', upstream: speech.dialect }, call, options(speech.flags))

    expect(JSON.parse(body)).toEqual((different[id] ?? ((same) => same))(usual))
  })
})

const options = (flags: ExchangeOptions['flags']): ExchangeOptions => ({
  upstreamModel: 'm',
  publicModel: 'public',
  params: {},
  flags,
  maxOutputTokens: 4096,
  dropParams: true,
  additionalDropParams: [],
  dollars: () => undefined,
  requestId: 'r',
  now: 0,
})

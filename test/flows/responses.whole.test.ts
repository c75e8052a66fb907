import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deployment } from '../../lib/core/deployment.ts'
import { type JsonObject, listOf, objectOf } from '../../lib/core/json.ts'
import { gatewayFlow } from '../../lib/flows/gateway.ts'
import { eventsIn } from '../dialects/responses-support.ts'
import { config, deployment } from '../support/configuration.ts'
import { callFlow, dollars, type Machine, startMachine } from '../support/machine.ts'
import { sealOf } from '../support/responses-script.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'

let upstream: ScriptedUpstream
let machine: Machine
let key: string
let settings: ReturnType<typeof config>

const price = { input: 1_000_000, output: 1_000_000, source: 'test' }
const scripts = ['ok', 'tool', 'agent', 'cut', 'error-first', 'error-late', 'context']
const words = 'w0 w1 w2 w3 w4 w5 w6 w7'
const hosts = ['gpt', 'chat', 'claude']

beforeAll(async () => {
  upstream = await startUpstream()
  const { url } = upstream
  const served = (group: string, over: Partial<Deployment>) =>
    deployment({ group, id: `id-${group}`, price, maxOutputTokens: 4000, ...over })
  settings = config({
    deployments: scripts.flatMap((model) => [
      served(`gpt:${model}`, { model, apiBase: { value: `${url}/v1` } }),
      served(`chat:${model}`, { model: `${model},only=chat`, apiBase: { value: `${url}/v1` } }),
      served(`claude:${model}`, { model, provider: 'anthropic', apiBase: { value: url } }),
    ]),
  })
  machine = await startMachine(settings)
  key = (await machine.makeKey()).plain
})
afterAll(async () => {
  await machine.stop()
  await upstream.stop()
})
beforeEach(() => {
  machine.published.length = 0
  upstream.seen.length = 0
})

const user = (content: string): JsonObject => ({ role: 'user', content })

type Asking = {
  path?: string
  key?: string
  method?: string
  headers?: Record<string, string>
  query?: Record<string, string>
}
const ask = (model: string, body: JsonObject = {}, { path = '/v1/responses', ...more }: Asking = {}) =>
  machine.call({ path, key, json: { model, input: 'Hello', ...body }, ...more } as never)
const get = (path: string, more: Asking = {}) => machine.call({ method: 'GET', path, key, ...more })
type Answered = Awaited<ReturnType<typeof ask>>
const bodyOf = (answer: Answered) => answer.json() as unknown as JsonObject
const idOf = (answer: Answered) => bodyOf(answer).id as string
const sentItems = (): JsonObject[] => {
  const body = upstream.seen.at(-1)?.body
  return listOf(body?.input ?? body?.messages).map(objectOf)
}

describe.each(hosts)('POST /v1/responses in front of %s', (host) => {
  it('answers whole, and books what it cost', async () => {
    const answer = await ask(`${host}:ok`)

    expect(answer.status).toBe(200)
    expect(bodyOf(answer)).toMatchObject({
      object: 'response',
      status: 'completed',
      model: `${host}:ok`,
      store: true,
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: words }] }],
    })
    expect(idOf(answer)).toMatch(/^resp_[0-9a-f]{32}$/)
    expect(machine.spends()).toMatchObject([
      { outcome: 'completed', client_dialect: 'responses', usage: { completion: 8 } },
    ])
    expect(objectOf(bodyOf(answer).usage).cost).toBeCloseTo((machine.spends()[0]?.cost ?? 0) / 1e9, 9)
  })

  it('streams the same, numbered, under its own id, to its end', async () => {
    const answer = await ask(`${host}:ok`, { stream: true })
    const events = eventsIn(answer.text)

    expect(answer.headers['content-type']).toContain('text/event-stream')
    expect(events[0]?.type).toBe('response.created')
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, at) => at))
    const deltas = events.filter(({ type }) => type === 'response.output_text.delta')
    expect(deltas.map(({ delta }) => delta as string).join('')).toBe(words)
    const last = events.at(-1)
    expect(last?.type).toBe('response.completed')
    expect(objectOf(last?.response).id).toBe(objectOf(events[0]?.response).id)
    expect(objectOf(last?.response)).toMatchObject({ store: true, model: `${host}:ok`, status: 'completed' })
  })

  it.each([false, true])('goes on from an earlier response (streamed: %s)', async (stream) => {
    const first = await ask(`${host}:ok`, { stream, instructions: 'Be brief.' })
    const id = stream ? (objectOf(eventsIn(first.text).at(-1)?.response).id as string) : idOf(first)
    const second = await ask(`${host}:ok`, { input: 'And then?', previous_response_id: id })
    const third = await ask(`${host}:ok`, { input: 'At last?', previous_response_id: idOf(second) })

    expect(bodyOf(third)).toMatchObject({ status: 'completed', previous_response_id: idOf(second) })
    const items = sentItems()
    expect(items.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant', 'user'])
    expect(JSON.stringify(items)).toMatch(/Hello.*w0 w1.*And then\?.*w0 w1.*At last\?/)
    // Instructions are of one request: they are not inherited.
    expect(JSON.stringify(upstream.seen.at(-1)?.body)).not.toContain('Be brief.')
  })

  it('carries calls, their results and thoughts over turns', async () => {
    const tools = ['weather', 'time'].map((name) => ({ type: 'function', name, parameters: { type: 'object' } }))
    let answer = await ask(`${host}:agent`, { tools, reasoning: { effort: 'low' } })
    for (let round = 0; round < 2; round++) {
      const calls = listOf(bodyOf(answer).output)
        .map(objectOf)
        .filter(({ type }) => type === 'function_call')
      expect(calls.map(({ name }) => name)).toEqual(['weather', 'time'])
      const input = calls.map((one, nth) => ({
        type: 'function_call_output',
        call_id: one.call_id,
        output: `r${round}${nth}`,
      }))
      answer = await ask(`${host}:agent`, {
        tools,
        input: input as JsonObject[],
        previous_response_id: idOf(answer),
        reasoning: { effort: 'low' },
      })
    }

    expect(JSON.stringify(bodyOf(answer).output)).toContain('Results: r00, r01, r10, r11')
    const sent = JSON.stringify(upstream.seen.at(-1)?.body)
    if (host === 'gpt') expect(sent).toContain(sealOf(0))
    if (host === 'claude') expect(sent).toContain('"signature":"c2lnbmVk+/=="')
  })

  it('keeps nothing where store is false', async () => {
    const answer = await ask(`${host}:ok`, { store: false })

    expect(bodyOf(answer).store).toBe(false)
    expect((await get(`/v1/responses/${idOf(answer)}`)).status).toBe(404)
  })

  it('says so in the stream where the answer breaks off, and keeps nothing', async () => {
    for (const script of ['cut', 'error-late']) {
      const answer = await ask(`${host}:${script}`, { stream: true })
      const events = eventsIn(answer.text)

      expect(events.slice(-2).map(({ type }) => type)).toEqual(['error', 'response.failed'])
      expect(events.some(({ type }) => type === 'response.completed')).toBe(false)
      const id = objectOf(events[0]?.response).id as string
      expect((await get(`/v1/responses/${id}`)).status).toBe(404)
    }
    expect(machine.spends().map(({ outcome }) => outcome)).toEqual(['partial', 'partial'])
  })

  it('has an error before any content as a status', async () => {
    const answers = await Promise.all(
      ['error-first', 'context'].map((name) => ask(`${host}:${name}`, { stream: true })),
    )

    expect(answers.map(({ status }) => status)).toEqual([host === 'claude' ? 503 : 500, 400])
    expect(answers[1]?.json().error).toMatchObject({ code: 'context_length_exceeded' })
  })
})

describe('a host of the same API', () => {
  it('is told to keep nothing, and to seal what it thinks', async () => {
    await ask('gpt:ok', { metadata: { tags: ['a'], plan: 'b' } })

    const [seen] = upstream.seen
    expect(seen?.path).toBe('/v1/responses')
    expect(seen?.body).toMatchObject({ store: false, model: 'ok', input: 'Hello', metadata: { plan: 'b' } })
  })

  it('is asked as a chat where it turns out to have no such path, from then on at once', async () => {
    const fresh = gatewayFlow(settings, machine)
    const answer = () => callFlow(fresh, { path: '/v1/responses', key, json: { model: 'chat:ok', input: 'Hello' } })

    expect([(await answer()).status, (await answer()).status]).toEqual([200, 200])
    expect(upstream.seen.map(({ path }) => path)).toEqual([
      '/v1/responses',
      '/v1/chat/completions',
      '/v1/chat/completions',
    ])
    expect(machine.spends()).toHaveLength(2)
  })
})

describe('POST /v1/responses/compact', () => {
  const path = '/v1/responses/compact'

  it.each(hosts)('makes a conversation short that another host can go on with (%s)', async (host) => {
    const search = { type: 'web_search' }
    const look = { type: 'function', name: 'look', parameters: { type: 'object' } }
    const input = [user('Hello'), { role: 'assistant', content: 'Hi' }, user('Count')]
    const answer = await ask(`${host}:ok`, { input, tools: [search, look], instructions: 'I' }, { path })

    expect(answer).toMatchObject({ status: 200 })
    const body = bodyOf(answer)
    expect(body).toMatchObject({
      object: 'response.compaction',
      output: [{ role: 'user', content: 'Hello' }, { role: 'user', content: 'Count' }, { type: 'compaction' }],
      usage: { output_tokens: 8 },
    })
    expect(upstream.seen.at(-1)?.body.tools).toHaveLength(1)
    expect(JSON.stringify(sentItems().at(-1))).toContain('summary of this conversation')
    expect(machine.published).toHaveLength(1)

    for (const other of hosts) {
      const next = await ask(`${other}:ok`, { input: [...listOf(body.output), user('On')] as JsonObject[] })
      expect(next.status).toBe(200)
      const sent = JSON.stringify(upstream.seen.at(-1)?.body)
      expect(sent).toContain(`Summary of the conversation before:\\n\\n${words}`)
      expect(sent).not.toContain('compaction')
    }
  })

  it('has the turns before in it, and costs what it costs', async () => {
    const id = idOf(await ask('chat:ok'))
    const answer = await ask('chat:ok', { input: [user('Count')], previous_response_id: id }, { path })

    expect(sentItems().map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'user'])
    expect(listOf(bodyOf(answer).output)).toHaveLength(3)
  })

  it('is an error where the summary was cut off, and charged all the same', async () => {
    const answer = await ask('chat:ok', { max_output_tokens: 3 }, { path })

    expect(answer).toMatchObject({ status: 502 })
    expect(answer.text).toContain('max_output_tokens')
    expect(machine.published).toHaveLength(1)
    expect((await ask('chat:context', {}, { path })).status).toBe(400)
  })
})

describe('POST /v1/responses/input_tokens', () => {
  const path = '/v1/responses/input_tokens'
  const numberIn = (answer: Answered) => bodyOf(answer).input_tokens as number

  it('asks a provider that counts, with the turns before and nothing that it refuses', async () => {
    const id = idOf(await ask('gpt:ok'))
    const answer = await ask(
      'gpt:ok',
      { instructions: 'I', input: 'Again', previous_response_id: id, stream: true, max_output_tokens: 20, store: true },
      { path },
    )

    expect(answer).toMatchObject({ status: 200, headers: { 'x-purser-count': 'provider' } })
    const { path: asked, body, promptTokens } = upstream.seen.at(-1) ?? {}
    expect(bodyOf(answer)).toEqual({ object: 'response.input_tokens', input_tokens: promptTokens })
    expect(asked).toBe(path)
    expect(Object.keys(body ?? {}).toSorted()).toEqual(['input', 'instructions', 'model'])
    expect(sentItems().map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(machine.published.length).toBe(1)
  })

  it.each(['chat:ok', 'claude:ok', 'gpt:error-first'])('estimates for %s', async (model) => {
    const picture = { type: 'input_image', image_url: `data:image/png;base64,${'A'.repeat(90_000)}` }
    const short = await ask(model, {}, { path })
    const long = await ask(model, { input: [{ role: 'user', content: [picture] }] }, { path })

    expect(short).toMatchObject({ status: 200, headers: { 'x-purser-count': 'estimate' } })
    expect([numberIn(short) > 3, numberIn(short) < 20]).toEqual([true, true])
    expect(numberIn(long) - numberIn(short)).toBeGreaterThan(1500)
    expect(numberIn(long)).toBeLessThan(2000)
    expect(machine.published).toEqual([])
  })

  it('refuses what the provider refuses, and models that the key may not use', async () => {
    const { plain } = await machine.makeKey({ models: ['gpt:ok'] })

    expect(await ask('gpt:context', {}, { path })).toMatchObject({ status: 400 })
    expect(await ask('claude:ok', {}, { path, key: plain })).toMatchObject({ status: 403 })
    expect(await ask('nobody', {}, { path })).toMatchObject({ status: 400 })
  })
})

describe('a stored response', () => {
  it('is shown, listed by its input, and deleted', async () => {
    const first = await ask('chat:ok')
    const second = await ask('chat:ok', { input: 'More', previous_response_id: idOf(first) })
    const at = `/v1/responses/${idOf(second)}`

    expect(bodyOf(await get(at))).toEqual(bodyOf(second))
    expect(bodyOf(await get(`/responses/${idOf(first)}`)).id).toBe(idOf(first))
    const page = bodyOf(await get(`${at}/input_items`, { query: { limit: '2' } }))
    expect(page).toMatchObject({ object: 'list', has_more: true, data: [{ role: 'user' }, { role: 'assistant' }] })
    const rest = bodyOf(await get(`${at}/input_items`, { query: { after: page.last_id as string } }))
    expect(rest).toMatchObject({
      has_more: false,
      data: [{ role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
    })
    expect((await machine.call({ path: `${at}/cancel`, key } as never)).status).toBe(400)

    expect(bodyOf(await get(at, { method: 'DELETE' }))).toEqual({ id: idOf(second), object: 'response', deleted: true })
    expect((await get(at)).status).toBe(404)
    const next = await ask('chat:ok', { previous_response_id: idOf(second) })
    expect(next.status).toBe(400)
    expect(next.json().error).toMatchObject({ code: 'previous_response_not_found', param: 'previous_response_id' })
  })

  it('belongs to its key and its team, and to nobody else', async () => {
    const teamId = 'team-of-responses'
    const team = {
      kind: 'team',
      id: teamId,
      models: [],
      aliases: {},
      metadata: {},
      createdAt: 1,
      updatedAt: 1,
      other: {},
    } as const
    await machine.directory.create({ ...team, models: [], terms: { v: 1, anchor: 0, blocked: false } })
    const [one, other, stranger] = await Promise.all([
      machine.makeKey({ teamId }),
      machine.makeKey({ teamId }),
      machine.makeKey(),
    ])
    const id = idOf(await ask('chat:ok', {}, { key: one.plain }))
    const own = idOf(await ask('chat:ok', {}, { key: stranger.plain }))
    const status = async (of: string, by: { plain: string }) =>
      (await get(`/v1/responses/${of}`, { key: by.plain })).status

    expect(await status(id, one)).toBe(200)
    expect(await status(id, other)).toBe(200)
    expect(await status(id, stranger)).toBe(404)
    expect(await status(own, one)).toBe(404)
    for (const body of [
      { previous_response_id: id },
      { input: [{ type: 'item_reference', id: `msg_${id.slice(5)}_0` }] },
    ]) {
      const answer = await ask('chat:ok', body, { key: stranger.plain })
      expect(answer.status).toBe(400)
      expect(answer.text).toContain('not found')
    }
  })

  it.each(['gpt', 'chat'])('lends its items to requests that refer to them (%s)', async (host) => {
    const first = await ask(`${host}:ok`)
    const [item] = listOf(bodyOf(first).output).map(objectOf)
    const input = [
      { role: 'user', content: 'Hello' },
      { type: 'item_reference', id: item?.id ?? '' },
      { role: 'user', content: 'Again' },
    ]
    const answer = await ask(`${host}:ok`, { input })

    expect(answer.status).toBe(200)
    expect(sentItems().map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(JSON.stringify(sentItems()[1])).toContain(words)
  })

  it('lends its pictures to requests that name them alone', async () => {
    const id = idOf(await ask('gpt:ok'))
    const { turns } = machine
    const turn = await turns?.get(id)
    if (!turns || !turn) return expect.fail('the turn was not kept')
    const picture = { type: 'image_generation_call', id: 'ig_theirs', status: 'completed', result: 'aGVsbG8=' }
    await turns.put({ ...turn, response: { ...turn.response, output: [picture] } }, [picture.id])
    const input = [user('Draw'), { type: picture.type, id: picture.id }, user('In blue')]

    expect((await ask('gpt:ok', { input })).status).toBe(200)
    expect(sentItems()[1]).toEqual(picture)
  })

  it('that could not be kept is an answer that says so', async () => {
    const full = async () => Promise.reject(new Error('the table does not answer'))
    const flow = gatewayFlow(settings, { ...machine, turns: { put: full, get: full, remove: full, holderOf: full } })
    for (const stream of [false, true]) {
      const answer = await callFlow(flow, {
        path: '/v1/responses',
        key,
        json: { model: 'chat:ok', input: 'Hello', stream },
      })
      const body = stream ? objectOf(eventsIn(answer.text).at(-1)?.response) : bodyOf(answer)

      expect(body).toMatchObject({ status: 'completed', store: false })
    }
    expect(machine.logged.filter((line) => line.includes('could not be kept'))).toHaveLength(2)
  })

  it('does not exist where the operator forbids it', async () => {
    const flow = gatewayFlow({ ...settings, storeResponses: false }, machine)
    const answer = (json: JsonObject) =>
      callFlow(flow, { path: '/v1/responses', key, json: { model: 'chat:ok', input: 'Hello', ...json } })

    expect(bodyOf(await answer({}))).toMatchObject({ store: false, status: 'completed' })
    for (const body of [{ store: true }, { previous_response_id: 'resp_1' }]) {
      const refused = await answer(body)
      expect(refused.status).toBe(400)
      expect(refused.json().error).toMatchObject({ param: Object.keys(body)[0] })
      expect(refused.text).toContain('general_settings.store_responses')
    }
  })
})

describe('money', () => {
  it('is held for the turns that are sent again, too', async () => {
    const { plain } = await machine.makeKey({ limit: dollars(0.002) })
    const asked = (input: string, more: JsonObject = {}) =>
      ask('chat:ok', { input, max_output_tokens: 20, ...more }, { key: plain })
    const first = await asked('x'.repeat(1200))

    expect(first.status).toBe(200)
    // This buys 2000 tokens, of which a text has at most one a byte.
    expect((await asked('y'.repeat(1200), { previous_response_id: idOf(first) })).status).toBe(429)
    expect((await asked('y'.repeat(1200))).status).toBe(200)
  })

  it('leaves out tools that bill without bound under a hard budget, and says so', async () => {
    const { plain } = await machine.makeKey({ limit: dollars(100) })
    const tools = [{ type: 'web_search' }, { type: 'function', name: 'f', parameters: { type: 'object' } }]
    const answer = await ask('gpt:ok', { tools }, { key: plain })
    const free = await ask('gpt:ok', { tools })

    expect(answer.headers['x-purser-dropped-params']).toBe('tools.web_search')
    expect(upstream.seen.map(({ body }) => listOf(body.tools).length)).toEqual([1, 2])
    expect(free.headers['x-purser-dropped-params']).toBeUndefined()
    const forced = await ask('gpt:ok', { tools, tool_choice: { type: 'web_search' } }, { key: plain })
    expect(forced.status).toBe(400)
    expect(forced.json().error).toMatchObject({ param: 'tools[0]' })
  })
})

describe('what is refused', () => {
  it.each([
    [{ background: true }, 'background'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
    [{ input: 7 }, 'input'],
    [{ input: [] }, 'input'],
    [{ max_output_tokens: -1 }, 'max_output_tokens'],
    [{ reasoning: { effort: 'huge' } }, 'reasoning.effort'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ input: [{ role: 'user', content: [{ type: 'input_video' }] }] }, 'input[0].content[0].type'],
  ])('%j names the field', async (body, param) => {
    const answer = await ask('claude:ok', body)

    expect(answer.status).toBe(400)
    expect(answer.json().error).toMatchObject({ param, type: 'invalid_request_error' })
  })

  it('is a WebSocket, with the status that makes agents fall back', async () => {
    const answer = await get('/v1/responses', { headers: { upgrade: 'websocket', 'sec-websocket-key': 'x' } })

    expect(answer.status).toBe(426)
    expect(answer.headers.upgrade).toBe('HTTP/1.1')
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ResponseStream, sendReply } from '../../lib/aws/lambda.ts'
import { systemClock } from '../../lib/core/clock.ts'
import type { Flow } from '../../lib/core/http.ts'
import { type JsonObject, objectOf } from '../../lib/core/json.ts'
import { requestLine } from '../../lib/core/request-line.ts'
import type { ChatCall, ClientDialect, Exchange, StreamReader } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { complete } from '../../lib/flows/completion.ts'
import { thrownReply } from '../../lib/flows/headers.ts'
import { logged } from '../../lib/flows/request-log.ts'
import { inProcess } from '../../lib/library/in-process.ts'
import { fetchThrough } from '../../lib/library/fetch.ts'
import { serve } from '../../lib/net/server.ts'
import type { Task } from '../../lib/steps/task.ts'
import { recordCache } from '../../lib/steps/record-cache.ts'
import { routing } from '../../lib/steps/routing.ts'
import { config, deployment } from '../support/configuration.ts'
import { dollars, type Machine, startMachine } from '../support/machine.ts'
import { startUpstream } from '../support/upstream.ts'

let upstream: Awaited<ReturnType<typeof startUpstream>>
let machine: Machine
const settings = () => {
  const common = { model: 'ok,tokens=40,gap=10', price: { input: 1000, output: 1000, source: 'config' as const } }
  return config({
    deployments: [
      deployment({ group: 'openai', apiBase: { value: `${upstream.url}/v1` }, ...common }),
      deployment({ group: 'anthropic', provider: 'anthropic', apiBase: { value: upstream.url }, ...common }),
      deployment({ group: 'responses', dialect: 'responses', apiBase: { value: `${upstream.url}/v1` }, ...common }),
    ],
  })
}

beforeAll(async () => {
  upstream = await startUpstream()
  machine = await startMachine(settings())
})
afterAll(async () => {
  await machine.stop()
  await upstream.stop()
})
beforeEach(() => {
  upstream.seen.length = 0
  machine.published.length = 0
  machine.logged.length = 0
})

const broken = () => {
  throw new TypeError('the words of a prompt')
}

/** A reader that breaks at its first bytes, in the middle of its answer, or there and where it should say so. */
function breaking(reader: StreamReader, fault: Fault): StreamReader {
  let chunks = 0
  return {
    ...reader,
    push: (chunk) => (fault === 'first bytes' || chunks++ > 5 ? broken() : reader.push(chunk)),
    end: () => ({ bytes: [], content: false, tail: [], finished: true }),
    fail: (error) => (fault === 'printer' ? broken() : reader.fail(error)),
    get seen() {
      return reader.seen
    },
  }
}

type Fault = 'loading' | 'whole' | 'first bytes' | 'middle' | 'printer'

async function bound(bind: () => Promise<Exchange>, fault: Fault): Promise<Exchange> {
  if (fault === 'loading') throw Object.assign(new Error('Cannot find module'), { code: 'ERR_MODULE_NOT_FOUND' })
  const real = await bind()
  return {
    ...real,
    whole: (...reply) => (fault === 'whole' ? broken() : real.whole(...reply)),
    stream: () => breaking(real.stream(), fault),
  }
}

const bodies: Record<ClientDialect, JsonObject> = {
  openai: { messages: [{ role: 'user', content: 'Hi' }] },
  anthropic: { max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] },
  responses: { input: 'Hi', store: false },
}

/** The data plane for one task whose dialect has a fault. */
async function faulty(client: ClientDialect, fault: Fault, stream: boolean): Promise<{ flow: Flow; id: string }> {
  const { record } = await machine.makeKey({ limit: dollars(1) })
  const body = { model: client, stream, ...bodies[client] }
  const chat: ChatCall = { text: JSON.stringify(body), body, model: client, stream, includeUsage: true }
  const task: Task = {
    callType: 'chat',
    kind: 'chat',
    clientDialect: client,
    reasonedTools: false,
    model: client,
    stream,
    boundsWith: () => ({ inputTokens: 100, outputCap: 100, choices: 1 }),
    bind: (dialect, options) => bound(() => exchange({ client, upstream: dialect }, chat, options), fault),
    wishes: { disableFallbacks: true },
    tags: [],
  }
  const own = settings()
  const rest = {
    config: own,
    ports: machine,
    cache: recordCache(machine.records, systemClock.now),
    routing: routing(own, machine),
    unspoken: new Set<string>(),
    copies: { running: 0 },
  }
  const flow: Flow = async (call) => {
    const line = requestLine(call)
    const reply = await complete({ ...rest, line }, call, { key: record }, task).catch((error: unknown) =>
      thrownReply(machine.log, line, error),
    )
    return logged(machine, { call, line }, reply)
  }
  return { flow, id: record.id }
}

/** What a client gets; `broken`: its connection ended without a proper end. */
type Got = { status: number; text: string; broken: boolean }

async function readAnswer(response: Response): Promise<Got> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk as Uint8Array, { stream: true })
    return { status: response.status, text, broken: false }
  } catch {
    return { status: response.status, text, broken: true }
  }
}

const doors: Record<string, (flow: Flow) => Promise<Got>> = {
  async server(flow) {
    const options = { host: '127.0.0.1', port: 0, maxBodyBytes: 1e6, graceMs: 1000, log: machine.log }
    const server = await serve(flow, { ...options, tooLarge: () => broken() })
    try {
      return await readAnswer(await fetch(`http://127.0.0.1:${server.port}/v1`, { method: 'POST', body: '{}' }))
    } finally {
      await server.close()
    }
  },
  async 'function URL'(flow) {
    const about = { method: 'POST', path: '/v1', query: {}, headers: {}, requestId: 'r', body: Buffer.from('{}') }
    const reply = await flow({ ...about, receivedAt: Date.now() })
    let text = ''
    let ended = false
    const stream: ResponseStream = {
      write: (chunk) => ((text += Buffer.from(chunk as string).toString()), true),
      end: () => (ended = true),
      on: () => stream,
      once: () => stream,
      off: () => stream,
    }
    await sendReply(reply, () => stream).catch(() => {})
    return { status: reply.status, text, broken: !ended }
  },
  async library(flow) {
    const door = inProcess(flow, { clock: systemClock, log: machine.log, stalledMs: 10_000 })
    const answer = await readAnswer(
      await fetchThrough(door.ask, (sent) => sent)('http://gateway/v1', { method: 'POST', body: '{}' }),
    )
    await door.close()
    return answer
  },
}

const everywhere = Object.entries(doors).flatMap(([door, ask]) =>
  (['openai', 'anthropic', 'responses'] as const).map((client) => ({ door, client, ask })),
)

const errorEvents: Record<ClientDialect, RegExp> = {
  openai: /\ndata: \{"error":\{[^\n]*\}\n\n$/,
  anthropic: /\nevent: error\n[^\n]*\n\n$/,
  responses: /\nevent: response\.failed\n[^\n]*\n\n$/,
}

const faults = () => machine.logged.filter((line) => line.startsWith('error '))

/** What stays reserved for a key: of a request that is over, and cost nothing. */
async function heldFor(id: string): Promise<string[]> {
  const [window] = await machine.budgets.windows('key', id)
  return Object.keys(window?.item.holds ?? {})
}

describe('a fault of our own', () => {
  it.each(everywhere)('in loading a dialect is an error, of no cost ($client, $door)', async ({ client, ask }) => {
    for (const stream of [false, true]) {
      machine.logged.length = 0
      const { flow, id } = await faulty(client, 'loading', stream)
      const { status, text } = await ask(flow)

      expect(status).toBe(500)
      expect(objectOf(JSON.parse(text)).error).toMatchObject({ message: expect.any(String) as string })
      expect(text + machine.logged.join()).not.toContain('Cannot find')
      expect(faults()).toHaveLength(1)
      expect(faults()[0]).toContain('ERR_MODULE_NOT_FOUND')
      expect(await heldFor(id)).toEqual([])
      expect(machine.spends()).toEqual([])
      expect(upstream.seen).toHaveLength(0)
    }
  })

  it.each(everywhere)(
    'in reading a whole reply is an error that is booked ($client, $door)',
    async ({ client, ask }) => {
      const { flow, id } = await faulty(client, 'whole', false)
      const { status } = await ask(flow)

      expect(status).toBe(502)
      expect(faults()).toEqual([expect.stringMatching(/^error an attempt failed inside the gateway .*TypeError/)])
      expect(machine.spends()).toEqual([expect.objectContaining({ key_id: id, outcome: 'failed' })])
    },
  )

  it.each(everywhere)(
    'at the first bytes of a stream is an error, and its provider is let go ($client, $door)',
    async ({ client, ask }) => {
      const { flow, id } = await faulty(client, 'first bytes', true)
      const { status } = await ask(flow)

      expect(status).toBe(502)
      expect(faults()).toEqual([expect.stringMatching(/^error an attempt failed inside the gateway .*TypeError/)])
      expect(machine.spends()).toEqual([expect.objectContaining({ key_id: id, outcome: 'failed' })])
      await expect.poll(() => upstream.seen[0]?.left).toBe(true)
    },
  )

  it.each(everywhere)(
    "in the middle of a stream is an error event in the client's tongue, never an end ($client, $door)",
    async ({ client, ask }) => {
      const { flow, id } = await faulty(client, 'middle', true)
      const { status, text, broken: cut } = await ask(flow)

      expect({ status, cut }).toEqual({ status: 200, cut: false })
      expect(text).toMatch(errorEvents[client])
      expect(text).not.toMatch(/\[DONE\]|message_stop|response\.completed|prompt/)
      expect(faults()).toEqual([expect.stringMatching(/^error a stream failed inside the gateway .*TypeError/)])
      expect(machine.spends()).toEqual([expect.objectContaining({ key_id: id, outcome: 'partial' })])
      await expect.poll(() => upstream.seen[0]?.left).toBe(true)
    },
  )

  it.each(everywhere)(
    'that cannot even be told breaks the connection off, and is booked ($client, $door)',
    async ({ client, ask }) => {
      const { flow, id } = await faulty(client, 'printer', true)
      const { text, broken: cut } = await ask(flow)

      expect(cut).toBe(true)
      expect(text).toContain('w0')
      expect(faults().filter((line) => line.includes('TypeError'))).toHaveLength(2)
      expect(machine.spends()).toEqual([expect.objectContaining({ key_id: id, outcome: 'partial' })])
    },
  )
})

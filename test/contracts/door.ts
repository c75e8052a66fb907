import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'

/** A running door that answers with the data plane. `fetch`: a door without a socket, which takes this one's place. */
export type RunningDoor = { url: string; masterKey: string; fetch?: typeof fetch; stop(): Promise<void> }

const origin = 'https://app.example'

/** The config that the suite runs against: every model name is a script of the scripted upstream. */
const configFor = (upstream: string) => `
model_list:
  - model_name: "*"
    litellm_params:
      model: openai/*
      api_base: ${upstream}/v1
      api_key: sk-upstream
litellm_settings:
  num_retries: 0
general_settings:
  max_request_size_mb: 1
  cors_origins: ["${origin}"]
`

type Init = { method?: string; body?: string; headers?: Record<string, string> }
type Answer = { status: number; headers: Headers; text: string }

const errorOf = (answer: Answer) =>
  (JSON.parse(answer.text) as { error: { message: string; code: string; type: string } }).error

const bodyOf = (model: string, more: object = {}) =>
  JSON.stringify({ model, messages: [{ role: 'user', content: 'Grüße 🌍' }], ...more })

/**
 * One suite for every door that stands in front of the flows: what a platform's HTTP may lose, cut or reorder. `start` gets
 * the text of a config and runs the door with it.
 */
export function doorContract(name: string, start: (configText: string) => Promise<RunningDoor>): void {
  describe(`the door: ${name}`, () => {
    let upstream: ScriptedUpstream
    let door: RunningDoor

    beforeAll(async () => {
      upstream = await startUpstream()
      door = await start(configFor(upstream.url))
    })
    afterAll(async () => {
      await door?.stop()
      await upstream?.stop()
    })

    const call = async (path: string, init: Init = {}): Promise<Answer> => {
      const headers = { authorization: `Bearer ${door.masterKey}`, 'content-type': 'application/json', ...init.headers }
      const reply = await (door.fetch ?? fetch)(door.url + path, { ...init, headers })
      return { status: reply.status, headers: reply.headers, text: await reply.text() }
    }
    const chat = (model: string, more: object = {}) =>
      call('/v1/chat/completions', { method: 'POST', body: bodyOf(model, more) })
    /** What the provider itself sends for a script, byte for byte. */
    const direct = async (model: string) => {
      const reply = await fetch(`${upstream.url}/v1/chat/completions`, {
        method: 'POST',
        body: bodyOf(model, { stream: true }),
      })
      return reply.text()
    }

    replies({ call, chat })
    streams({ chat, direct, door: () => door, upstream: () => upstream })

    it('hands on path, query and a body that is not ASCII as they came', async () => {
      const path = '/openai/deployments/ok%2Ctokens%3D2/chat/completions?api-version=2024-10-21'

      const answer = await call(path, { method: 'POST', body: bodyOf('ignored') })

      expect(answer.status).toBe(200)
      expect(upstream.seen.at(-1)?.body).toMatchObject({
        model: 'ok,tokens=2',
        messages: [{ role: 'user', content: 'Grüße 🌍' }],
      })
    })
  })
}

type Tools = {
  call: (path: string, init?: Init) => Promise<Answer>
  chat: (model: string, more?: object) => Promise<Answer>
}

function replies({ call, chat }: Tools): void {
  it('keeps status and headers of a reply without a body', async () => {
    const answer = await call('/v1/chat/completions', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    })

    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
    expect(answer.headers.get('access-control-allow-headers')).toBe('authorization')
  })

  it('answers a liveness probe without a key', async () => {
    const answer = await call('/health/liveliness', { headers: { authorization: '' } })

    expect(answer.status).toBe(200)
  })

  it('says 404 in the error envelope, with the request id', async () => {
    const answer = await call('/v1/nothing/here')

    expect(answer.status).toBe(404)
    expect(errorOf(answer).message).toContain('/v1/nothing/here')
    expect(answer.headers.get('x-request-id')).toBeTruthy()
    expect(answer.headers.get('content-type')).toContain('application/json')
  })

  it('says 401 to a key that nobody knows', async () => {
    const answer = await call('/v1/models', { headers: { authorization: 'Bearer sk-nobody' } })

    expect(answer.status).toBe(401)
  })

  it('says 413 to a body over the limit, with the limit', async () => {
    const answer = await call('/v1/chat/completions', {
      method: 'POST',
      body: bodyOf('ok', { user: 'x'.repeat(1_200_000) }),
    })

    expect(answer.status).toBe(413)
    expect(errorOf(answer).message).toMatch(/\d{7}/)
  })

  it('says 400 to malformed JSON, with the position', async () => {
    const answer = await call('/v1/chat/completions', { method: 'POST', body: '{"model": "ok",\n "messages": [}' })

    expect(answer.status).toBe(400)
    expect(errorOf(answer).message).toMatch(/line 2/)
  })

  it('answers a chat completion whole', async () => {
    const answer = await chat('ok,tokens=3')

    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toMatchObject({
      choices: [{ message: { content: 'w0 w1 w2' }, finish_reason: 'stop' }],
    })
  })

  it("gives the provider's status and its Retry-After, where it fails before the first byte", async () => {
    const answer = await chat('status,status=429,retry-after=7', { stream: true })

    expect(answer.status).toBe(429)
    expect(answer.headers.get('retry-after')).toBe('7')
    expect(answer.headers.get('content-type')).toContain('application/json')
  })
}

type StreamTools = Pick<Tools, 'chat'> & {
  direct: (model: string) => Promise<string>
  door: () => RunningDoor
  upstream: () => ScriptedUpstream
}

function streams({ chat, direct, door, upstream }: StreamTools): void {
  it('passes a stream byte for byte', async () => {
    const model = 'ok,tokens=20'
    const expected = await direct(model)

    const answer = await chat(model, { stream: true })

    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    expect(answer.text).toBe(expected)
  })

  it('sends the first bytes on while the provider is still answering', async () => {
    const reply = await (door().fetch ?? fetch)(`${door().url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${door().masterKey}` },
      body: bodyOf('ok,tokens=6,gap=150', { stream: true }),
    })
    const reader = readerOf(reply)
    const first = await reader.next()
    const stillAnswering = upstream().seen.at(-1)?.ended === false
    for (let next = await reader.next(); !next.done; next = await reader.next());

    expect(first.value?.length).toBeGreaterThan(0)
    expect(stillAnswering).toBe(true)
  })

  it('passes a stream of several megabytes whole', async () => {
    const model = 'ok,tokens=300,size=20000'
    const expected = await direct(model)

    const answer = await chat(model, { stream: true })

    expect(answer.text.length).toBe(expected.length)
    expect(answer.text).toBe(expected)
  })

  it('loses nothing on a reader that is slower than the provider', async () => {
    const model = 'ok,tokens=200,size=20000'
    const expected = await direct(model)

    const bytes = await readSlowly(door(), bodyOf(model, { stream: true }))

    expect(bytes).toBe(Buffer.byteLength(expected))
  })

  it.each(['cut,after=3', 'error-late,after=3', 'clean-cut,after=3'])(
    'ends a stream whose source fails (%s) in an error, never in an end marker',
    async (model) => {
      const answer = await chat(model, { stream: true })

      expect(answer.status).toBe(200)
      expect(answer.text).toContain('w2')
      expect(answer.text).toContain('"error"')
      expect(answer.text).not.toContain('[DONE]')
    },
  )

  it('answers the next request after a stream that failed', async () => {
    await chat('cut,after=1', { stream: true })

    const answer = await chat('ok,tokens=1')

    expect(answer.status).toBe(200)
  })
}

/** The chunks of a body as they come. */
const readerOf = (reply: Response): AsyncIterator<Uint8Array, undefined> =>
  (reply.body as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()

/** Reads in bursts with pauses, so that every buffer on the way fills up. */
async function slowly(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0
  for await (const chunk of chunks) {
    const before = Math.floor(bytes / 1_000_000)
    bytes += chunk.length
    if (Math.floor(bytes / 1_000_000) > before) await sleep(150)
  }
  return bytes
}

async function readSlowly(door: RunningDoor, body: string): Promise<number> {
  const headers = { authorization: `Bearer ${door.masterKey}`, 'content-type': 'application/json' }
  if (door.fetch) {
    const reply = await door.fetch(`${door.url}/v1/chat/completions`, { method: 'POST', headers, body })
    return slowly(reply.body as unknown as AsyncIterable<Uint8Array>)
  }
  return new Promise((resolve, reject) => {
    const sent = request(`${door.url}/v1/chat/completions`, { method: 'POST', headers }, (reply) => {
      slowly(reply).then(resolve, reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { budgetStore } from '../../lib/aws/budgets.ts'
import { recordStore } from '../../lib/aws/directory.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { fromDollars } from '../../lib/core/money.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { hashKey } from '../../lib/steps/key-hash.ts'
import { doorContract } from '../contracts/door.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { type Account, startAccount } from './account.ts'
import { eventually } from './eventually.ts'
import type { WebServer } from './web-server.ts'

const masterKey = 'sk-master-of-the-loopback'

doorContract('the bundled server of a web function', async (configText) => {
  const account = await startAccount({ configText, masterKey })
  const server = await account.startWeb()
  return { url: server.url, masterKey, stop: () => account.stop() }
})

const configFor = (upstream: string) => `
model_list:
  - model_name: "*"
    litellm_params:
      model: openai/*
      api_base: ${upstream}/v1
      api_key: os.environ/UPSTREAM_KEY
      input_cost_per_token: 0.00001
      output_cost_per_token: 0.001
litellm_settings:
  num_retries: 0
`

describe('a web function', () => {
  let upstream: ScriptedUpstream
  let account: Account
  let server: WebServer

  beforeAll(async () => {
    upstream = await startUpstream()
    account = await startAccount({ configText: configFor(upstream.url), masterKey, secret: { UPSTREAM_KEY: 'sk-up' } })
    server = await account.startWeb()
  })
  afterAll(async () => {
    await account?.stop()
    await upstream?.stop()
  })

  const makeKey = async () => {
    const plain = `sk-${randomBytes(12).toString('hex')}`
    const terms = { v: 1, anchor: 0, blocked: false, duration: '1mo', limit: fromDollars(1) }
    const about = { models: [], aliases: {}, metadata: {}, createdAt: 1, updatedAt: 1, other: {} }
    const id = randomBytes(6).toString('hex')
    const directory = recordStore(sdkDynamo(account.store.client), account.store.table)
    await directory.create({ kind: 'key', id, hash: hashKey(plain), name: `sk-...${plain.slice(-4)}`, terms, ...about })
    return { id, plain }
  }
  const send = (key: string, body: object, url = server.url, signal: AbortSignal | null = null) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      signal,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ max_tokens: 90, messages: [{ role: 'user', content: 'x' }], ...body }),
    })
  const spendOf = (id: string) =>
    account.queue.map(({ detail }) => detail as SpendEvent).filter(({ key_id }) => key_id === id)
  /** Sends a streaming request and leaves it after the first bytes. */
  const sendAndLeave = (key: string, model: string) =>
    new Promise<void>((resolve, reject) => {
      const sent = request(
        `${server.url}/v1/chat/completions`,
        { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' } },
        (reply) => reply.once('data', () => resolve(void reply.destroy())),
      )
      sent.on('error', reject)
      sent.end(JSON.stringify({ model, stream: true, max_tokens: 90, messages: [{ role: 'user', content: 'x' }] }))
    })

  it('answers 64 at once, each with its own answer, on its own budget', async () => {
    const keys = await Promise.all(Array.from({ length: 64 }, makeKey))
    const wanted = (index: number) => Array.from({ length: index + 1 }, (_, n) => `w${n}`).join(' ')

    const texts = await Promise.all(
      keys.map(async ({ plain }, index) => {
        const stream = index % 2 === 0
        const reply = await send(plain, { model: `ok,tokens=${index + 1},wait=200,gap=2`, stream })
        const text = await reply.text()
        return stream ? contentOf(text) : (JSON.parse(text) as Whole).choices[0]?.message.content
      }),
    )

    expect(texts.map((text) => text?.trim())).toEqual(keys.map((_, index) => wanted(index)))
    for (const [index, { id }] of keys.entries())
      expect(spendOf(id)).toMatchObject([{ outcome: 'completed', usage: { completion: index + 1 } }])
    expect(new Set(keys.flatMap(({ id }) => spendOf(id).map((event) => event.request_id))).size).toBe(64)
  })

  it('has made the money safe before a reply has ended', async () => {
    const { id, plain } = await makeKey()

    await (await send(plain, { model: 'ok,tokens=3', stream: true })).text()

    expect(spendOf(id)).toMatchObject([{ outcome: 'completed', usage: { completion: 3 } }])
  })

  it('lets go of the provider when the client leaves, and books what was received', async () => {
    const { id, plain } = await makeKey()

    await sendAndLeave(plain, 'ok,tokens=80,gap=100')
    const [event] = await eventually(
      () => spendOf(id),
      (found) => found.length > 0,
    )

    const seen = upstream.seen.at(-1)
    await eventually(
      () => seen?.left,
      (left) => left === true,
    )
    expect(event?.outcome).toBe('client_left')
    expect(event?.usage.completion).toBeGreaterThan(0)
    expect(event?.usage.completion).toBeLessThan(80)
  })

  it('lets go of the provider when the client leaves before it has answered', async () => {
    const { id, plain } = await makeKey()
    const left = new AbortController()
    const sent = send(plain, { model: 'silent' }, server.url, left.signal).catch(() => 'left')
    const seen = await eventually(() => upstream.seen.findLast(({ body }) => body.model === 'silent'), Boolean)

    left.abort()
    const [event] = await eventually(
      () => spendOf(id),
      (found) => found.length > 0,
    )

    expect(await sent).toBe('left')
    expect(event).toMatchObject({ outcome: 'client_left', estimated: true })
    expect(event?.cost).toBeGreaterThan(0)
    await eventually(() => seen?.left, Boolean)
  })

  it('signs with credentials that were rotated since', async () => {
    const { id, plain } = await makeKey()
    await (await send(plain, { model: 'ok,tokens=1' })).text()
    account.services.rotate()

    await (await send(plain, { model: 'ok,tokens=2' })).text()

    expect(spendOf(id).map((event) => event.usage.completion)).toEqual([1, 2])
    expect(account.services.asked()).toBeGreaterThan(0)
    expect(account.lines.filter((line) => line.includes('"level":"error"'))).toEqual([])
  })

  // Lambda's second is one by the clock, of which a busy machine may take a part for itself: then once more.
  it(
    'ends what can end when it is told to stop, and cuts and books the rest within a second',
    { retry: 2 },
    async () => {
      const other = await account.startWeb()
      const [short, long] = [await makeKey(), await makeKey()]
      const replies = [
        send(short.plain, { model: 'ok,tokens=4,gap=30', stream: true }, other.url),
        send(long.plain, { model: 'ok,tokens=80,gap=100', stream: true }, other.url),
      ] as const
      const [first, second] = await Promise.all(replies)
      const began = Date.now()

      const [code, whole, cut] = await Promise.all([
        other.terminate(),
        first.text(),
        second.text().then(
          () => 'ended as if it were whole',
          () => 'cut',
        ),
      ])

      expect(code).toBe(0)
      expect(Date.now() - began).toBeLessThan(1000)
      expect(whole).toContain('[DONE]')
      expect(cut).toBe('cut')
      expect(spendOf(short.id)).toMatchObject([{ outcome: 'completed' }])
      expect(spendOf(long.id)).toMatchObject([{ outcome: 'client_left' }])
      await expect(fetch(other.url)).rejects.toThrow()
    },
  )

  it('answers with an error before its time is up, and books the attempt', async () => {
    const hurried = await account.startWeb({ TIMEOUT_SECONDS: '11' })
    const { id, plain } = await makeKey()

    const reply = await send(plain, { model: 'silent' }, hurried.url)

    expect(reply.status).toBe(408)
    expect(spendOf(id)).toMatchObject([{ outcome: 'failed', estimated: true }])
    const windows = await budgetStore(sdkDynamo(account.store.client), account.store.table).windows('key', id)
    expect(windows[0]?.item.unsettled).toBe(0)
  })

  it('does not start where it is not told where to listen', async () => {
    await expect(account.startWeb({ AWS_LAMBDA_HTTP_ENDPOINT: 'nowhere' })).rejects.toThrow(
      /AWS_LAMBDA_HTTP_ENDPOINT is "nowhere"/,
    )
  })
})

type Whole = { choices: { message: { content: string } }[] }
type Chunk = { choices: { delta?: { content?: string } }[] }

const contentOf = (stream: string): string =>
  stream
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => (JSON.parse(line.slice(6)) as Chunk).choices[0]?.delta?.content ?? '')
    .join('')

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Config } from '../../lib/core/config.ts'
import type { Deployment } from '../../lib/core/deployment.ts'
import { isStream } from '../../lib/core/http.ts'
import { stringOf } from '../../lib/core/json.ts'
import type { GatewayPorts } from '../../lib/core/ports.ts'
import { config, deployment } from '../support/configuration.ts'
import { dollars, type Machine, startMachine } from '../support/machine.ts'
import { startUpstream, type ScriptedUpstream } from '../support/upstream.ts'

const price = { input: 1_000_000, output: 10_000_000, source: 'config' }

let upstream: ScriptedUpstream
let machine: Machine
beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.stop())
beforeEach(() => void (upstream.seen.length = 0))
afterEach(() => machine.stop())

async function start(
  shadow: string,
  over: { share?: number; settings?: Partial<Config>; ports?: Partial<GatewayPorts> } = {},
) {
  const at = (group: string, model: string, more: Partial<Deployment> = {}) =>
    deployment({ group, model, apiBase: { value: `${upstream.url}/v1` }, price, ...more })
  const deployments = [
    at('live', 'ok,tokens=4,live=1', { shadow: { model: 'tried', share: over.share ?? 1 } }),
    at('tried', shadow),
  ]
  machine = await startMachine(config({ deployments, ...over.settings }), over.ports)
}

const body = (stream = false) => ({ model: 'live', stream, max_tokens: 8, messages: [{ role: 'user', content: 'x' }] })
const ask = (key = 'sk-master', stream = false) =>
  machine.call({ path: '/v1/chat/completions', key, json: body(stream) } as never)
const asked = () => upstream.seen.map(({ body: { model } }) => (stringOf(model) ?? '').split(',')[0])
const copies = () => machine.spends().filter(({ shadow }) => shadow)
const heldBy = async (id: string) => {
  const [window] = await machine.budgets.windows('key', id)
  return { spent: window?.item.spent, held: Object.keys(window?.item.holds ?? {}).length }
}

describe('a shadow', () => {
  it.each([false, true])('gets a copy and is booked under its mark (streamed: %s)', async (stream) => {
    await start('ok,tokens=6')

    const answer = await ask('sk-master', stream)

    expect([answer.status, asked()]).toEqual([200, ['ok', 'ok']])
    expect(answer.text).not.toContain('w5')
    expect(machine.spends().map(({ shadow, model_group, outcome }) => [shadow, model_group, outcome])).toEqual([
      [undefined, 'live', 'completed'],
      [true, 'tried', 'completed'],
    ])
    expect(copies()[0]?.usage.completion).toBe(6)
    expect(copies()[0]?.first_token === undefined).toBe(!stream)
  })

  it('is asked only once the answer is there and its line is written', async () => {
    await start('ok,wait=300')
    const reply = await machine.flow({
      method: 'POST',
      path: '/v1/chat/completions',
      query: {},
      headers: { authorization: 'Bearer sk-master' },
      body: Buffer.from(JSON.stringify(body(true))),
      requestId: 'r',
      receivedAt: machine.clock.now(),
    })
    let text = ''
    if (isStream(reply.body)) for await (const chunk of reply.body) text += Buffer.from(chunk).toString()

    expect(text).toContain('[DONE]')
    expect(asked()).toEqual(['ok'])
    const done = reply.done?.()
    await expect.poll(asked).toEqual(['ok', 'ok'])
    expect(machine.logged.some((line) => line.startsWith('info request'))).toBe(true)
    await done
    expect(copies().length).toBe(1)
  })

  it.each(['status,status=500', 'reset', 'cut', 'error-first', 'silent', 'context'])(
    'that fails fails nobody, and leaves no hold: %s',
    async (script) => {
      await start(script, { settings: { streamTimeoutMs: 300, timeoutMs: 300 } })
      const { plain, record } = await machine.makeKey({ limit: dollars(10) })

      const answers = [await ask(plain), await ask(plain, true)]

      expect(answers.map(({ status, headers }) => [status, headers['x-purser-tried']])).toEqual([
        [200, undefined],
        [200, undefined],
      ])
      for (const { id, cost, holds } of machine.spends())
        for (const hold of holds) await machine.budgets.settle(hold, [[id, hold.amount, cost]])
      const total = machine.spends().reduce((sum, { cost }) => sum + cost, 0)
      expect(await heldBy(record.id)).toEqual({ spent: total, held: 0 })
      expect(machine.notes.leftovers()).toEqual([])
      expect(copies().filter(({ stream, outcome }) => stream && outcome === 'completed')).toEqual([])
    },
  )

  it('is not asked where its hold would leave little for those who wait', async () => {
    await start('ok')
    const { plain, record } = await machine.makeKey({ limit: dollars(0.0003) })

    expect((await ask(plain)).status).toBe(200)

    expect([asked(), copies()]).toEqual([['ok'], []])
    expect((await heldBy(record.id)).held).toBe(0)
    expect(machine.logged.join()).toContain('a shadow copy was not sent')
    expect(machine.published.some(({ type }) => type === 'look.v1')).toBe(false)
  })

  it.each([
    [0.04, 2],
    [0.06, 1],
  ])('is asked for its share of requests (chance says %s: %i requests)', async (chance, requests) => {
    await start('ok', { share: 0.05, ports: { random: () => chance } })

    await ask()

    expect(asked().length).toBe(requests)
  })

  it('opens no breaker for those who wait', async () => {
    await start('status,status=500')
    for (let n = 0; n < 6; n++) await ask()
    upstream.seen.length = 0

    await machine.call({ path: '/v1/chat/completions', key: 'sk-master', json: { ...body(), model: 'tried' } } as never)

    expect(asked()).toEqual(['status'])
  })

  it('may be named by an alias, and a wildcard serves it', async () => {
    const live = deployment({ group: 'live', apiBase: { value: `${upstream.url}/v1` }, price })
    machine = await startMachine(
      config({
        deployments: [
          { ...live, shadow: { model: 'other', share: 1 } },
          { ...live, id: 'wild', group: 'acme/*', model: 'ok,of=*' },
        ],
        aliases: { other: { model: 'acme/next', hidden: true } },
      }),
    )
    await ask()

    expect(upstream.seen.map(({ body: { model } }) => model)).toEqual(['ok', 'ok,of=next'])
  })

  it('is not asked by more than eight requests at once', async () => {
    await start('ok,wait=400')

    await Promise.all(Array.from({ length: 12 }, () => ask()))
    expect(copies().length).toBe(8)
    await ask()

    expect(copies().length).toBe(9)
  })

  it('is done before a function whose environment freezes returns', async () => {
    await start('ok,wait=200', { ports: { publishBeforeEnd: false } })

    await machine.call({
      path: '/v1/chat/completions',
      key: 'sk-master',
      json: body(true),
      deadline: machine.clock.now() + 60_000,
    } as never)

    expect(copies().map(({ outcome }) => outcome)).toEqual(['completed'])
  })

  it('is not begun where a function has no time left for it', async () => {
    await start('ok', { ports: { publishBeforeEnd: false } })

    await machine.call({
      path: '/v1/chat/completions',
      key: 'sk-master',
      json: body(),
      deadline: machine.clock.now() + 4000,
    } as never)

    expect(asked()).toEqual(['ok'])
  })

  it('is left alone where a request is over with its reply', async () => {
    await start('ok')

    await machine.call({
      path: '/v1/chat/completions',
      key: 'sk-master',
      json: body(),
      deadline: machine.clock.now() + 60_000,
    } as never)

    expect(asked()).toEqual(['ok'])
  })
})

it('a request that nobody answered is not copied', async () => {
  await start('ok')

  const answer = await machine.call({
    path: '/v1/chat/completions',
    key: 'sk-master',
    json: { model: 'live' },
  } as never)

  expect([answer.status, asked()]).toEqual([400, []])
})

import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { undiciUpstream } from '../../lib/net/upstream.ts'
import { config, deployment } from '../support/configuration.ts'
import { type Machine, startMachine } from '../support/machine.ts'
import { startUpstream } from '../support/upstream.ts'

// Requests of agents are megabytes. Whatever outlives one (a timer, a cache) and can still reach it keeps all of it, times as many
// requests as there are in the meantime.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

let upstream: Awaited<ReturnType<typeof startUpstream>>
let machine: Machine
/** What came, and what ended the sending of what was made of it: between them they hold every part of a request. */
const asked: WeakRef<object>[] = []

beforeAll(async () => {
  upstream = await startUpstream()
  const served = (group: string) =>
    deployment({ group, model: group, dialect: 'openai', apiBase: { value: `${upstream.url}/v1` } })
  const deployments = [served('ok'), served('cut,after=3'), served('status,status=400')]
  const send = undiciUpstream()
  machine = await startMachine(config({ deployments, heartbeatMs: 60_000 }), {
    upstream: (request) => {
      asked.push(new WeakRef(request.signal))
      return send(request)
    },
  })
})
afterAll(async () => {
  await machine.stop()
  await upstream.stop()
})

it.each([
  ['an answer', 'ok', false],
  ['a stream', 'ok', true],
  ['a stream that broke off', 'cut,after=3', true],
  ['a refusal', 'status,status=400', true],
])('keeps nothing of a request that ended with %s', async (_, model, stream) => {
  const { plain: key } = await machine.makeKey()
  asked.length = 0
  const ask = async (): Promise<void> => {
    const body = Buffer.from(JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hi' }] }))
    asked.push(new WeakRef(body))
    await machine.call({ path: '/v1/chat/completions', headers: { authorization: `Bearer ${key}` }, body })
  }
  for (let nth = 0; nth < 3; nth++) await ask()
  upstream.forget()

  const kept = async (): Promise<number> => {
    await sleep(20)
    collect()
    return asked.filter((one) => one.deref() !== undefined).length
  }

  expect(asked).toHaveLength(6)
  // Connections remember the last that went over them.
  await expect.poll(kept, { timeout: 5000 }).toBeLessThanOrEqual(2)
})

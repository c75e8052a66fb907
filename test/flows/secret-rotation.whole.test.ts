import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { secretsManager } from '../../lib/aws/secrets.ts'
import { config, deployment } from '../support/configuration.ts'
import { dollars, type Machine, startMachine } from '../support/machine.ts'

/** A provider that knows one key at a time, and how often each was shown to it. */
const provider = { accepts: 'sk-old', refusal: 401, shown: [] as string[] }
const answer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'ok',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
}
const refusal = {
  error: { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' },
}
const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    const key = String(request.headers.authorization).replace('Bearer ', '')
    provider.shown.push(key)
    response.writeHead(key === provider.accepts ? 200 : provider.refusal, { 'content-type': 'application/json' })
    response.end(JSON.stringify(key === provider.accepts ? answer : refusal))
  })
})

const secret = { value: '', reads: 0, now: 0 }
let machine: Machine
let url: string

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`
})
afterAll(async () => {
  await machine.stop()
  server.close()
})
beforeEach(async () => {
  await machine?.stop()
  Object.assign(provider, { accepts: 'sk-old', refusal: 401, shown: [] })
  Object.assign(secret, { value: 'sk-old', reads: 0, now: 0 })
  const secrets = secretsManager({
    read: async () => {
      secret.reads++
      const value = secret.value
      await new Promise((resolve) => setTimeout(resolve, 5))
      return JSON.stringify({ PROVIDER_KEY: value })
    },
    secretId: 'purser',
    ttlMs: 300_000,
    clock: { now: () => secret.now },
  })
  const price = { input: 1_000_000, output: 1_000_000, source: 'test' }
  const one = deployment({ group: 'ok', apiBase: { value: url }, apiKey: { env: 'PROVIDER_KEY' }, price })
  machine = await startMachine(config({ deployments: [one] }), { secrets })
})

async function ask(key: string) {
  const json = { model: 'ok', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] }
  return (await machine.call({ path: '/v1/chat/completions', key, json } as never)).status
}

describe('a provider key that is rotated', () => {
  it.each([401, 403])(
    'works at the very next request, after a refusal with %i, billed and held once',
    async (status) => {
      const { plain } = await machine.makeKey({ limit: dollars(1) })
      expect(await ask(plain)).toBe(200)
      Object.assign(provider, { accepts: 'sk-new', refusal: status })
      secret.value = 'sk-new'

      expect(await ask(plain)).toBe(200)

      expect(provider.shown).toEqual(['sk-old', 'sk-old', 'sk-new'])
      expect(machine.spends().map(({ outcome, attempted_retries }) => [outcome, attempted_retries])).toEqual([
        ['completed', 0],
        ['completed', 0],
      ])
    },
  )

  it('is read anew once for all requests that were refused at the same time', async () => {
    const { plain } = await machine.makeKey()
    await ask(plain)
    provider.accepts = secret.value = 'sk-new'

    expect(await Promise.all(Array.from({ length: 20 }, () => ask(plain)))).toEqual(
      Array.from({ length: 20 }, () => 200),
    )

    expect(secret.reads).toBe(2)
  })
})

describe('a provider key that is dead', () => {
  it('is asked with once a request, and read anew only after a growing pause', async () => {
    const { plain } = await machine.makeKey()
    provider.accepts = 'sk-other'

    const statuses = new Set<number>()
    for (let second = 0; second < 60; second++) {
      statuses.add(await ask(plain))
      secret.now += 1000
    }

    // At 0, 5, 15 and 35 seconds, besides the first read.
    expect(secret.reads).toBe(5)
    expect(provider.shown).toHaveLength(60)
    expect([...statuses].every((status) => status >= 400)).toBe(true)
    expect(machine.spends()).toEqual([])
  })

  it('works again once it is replaced', async () => {
    const { plain } = await machine.makeKey()
    provider.accepts = 'sk-new'
    await ask(plain)
    secret.value = 'sk-new'
    secret.now += 5000

    expect(await ask(plain)).toBe(200)
  })
})

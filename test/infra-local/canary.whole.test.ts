import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { admin } from '../../infra/cli/admin.ts'
import { type LocalServer, startLocal } from '../../infra/local/compose.ts'
import { defaultCanary } from '../../lib/core/canary.ts'
import { defaultRouting } from '../../lib/core/routing.ts'
import { config, deployment } from '../support/configuration.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'

const masterKey = 'sk-master-of-the-tests'
const dataDir = mkdtempSync(join(tmpdir(), 'purser-canary-'))
const logged: string[] = []
let upstream: ScriptedUpstream
let server: LocalServer

beforeAll(async () => {
  upstream = await startUpstream()
  const at = { group: 'g', apiBase: { value: `${upstream.url}/v1` }, apiKey: { value: 'sk-upstream' } }
  server = await startLocal({
    config: config({
      deployments: [
        deployment({ ...at, id: 'old' }),
        deployment({ ...at, id: 'new', model: 'status,status=500', canary: 0.5 }),
      ],
      routing: { ...defaultRouting, disableCooldowns: true },
      canary: { ...defaultCanary, stickyBy: 'request' },
    }),
    dataDir,
    port: 0,
    env: {},
    masterKey,
    log: (level, message) => void logged.push(`${level} ${message}`),
  })
})
afterAll(async () => {
  await server.stop()
  await upstream.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

async function ask(): Promise<number> {
  const reply = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'g', messages: [{ role: 'user', content: 'x' }] }),
  })
  await reply.arrayBuffer()
  return reply.status
}

it('on one computer, a canary that fails is rolled back, told of and reported, and no caller notices', async () => {
  const statuses: number[] = []
  const isRolledBack = () => logged.some((line) => line.includes('Canary rolled back: `new` of model `g`'))
  while (!isRolledBack() && statuses.length < 200) {
    for (let n = 0; n < 10; n++) statuses.push(await ask())
    await server.settled()
  }
  await expect.poll(isRolledBack).toBe(true)
  // The snapshot that the gateway goes by is at most two seconds old.
  const toCanary = async () => {
    upstream.forget()
    for (let n = 0; n < 12; n++) statuses.push(await ask())
    return upstream.seen.filter(({ body }) => body.model !== 'ok').length
  }
  await expect.poll(toCanary, { interval: 500 }).toBe(0)

  expect(new Set(statuses)).toEqual(new Set([200]))
  await server.settled()
  const said: string[] = []
  const print = (text: string) => void said.push(text)
  await admin(['canary', '--url', server.url, '--key', masterKey], { env: {}, print, complain: print })
  expect(said.join()).toMatch(/new was rolled back: \d+ of \d+ calls failed/)
})

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { processesWith } from '../../infra/local/processes.ts'
import { home, type Home, runMain, startServer } from './server.ts'

let at: Home
beforeEach(() => (at = home([{ name: 'gpt', params: { model: 'openai/gpt-4o-mini', api_key: 'sk-x' } }])))
afterEach(() => at.remove())

test('starts with a key of its own making, and prints the two calls that a newcomer makes first', async () => {
  const server = await runMain({ ...at.env, PURSER_MASTER_KEY: '' })
  const file = join(at.dataDir, 'master-key')
  const key = readFileSync(file, 'utf8').trim()
  const response = await fetch(`${server.url}/key/generate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '{}',
  })
  const code = await server.stop('SIGTERM')

  expect(response.status).toBe(200)
  expect(server.output()).toContain(`curl -s ${server.url}/v1/chat/completions`)
  expect(server.output()).toContain(key)
  expect(server.output()).toContain('Models:           gpt')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(code).toBe(0)
})

test('a stop ends the engine and leaves nothing locked; data survive it', async () => {
  const first = await startServer(at)
  const key = await first.makeKey({ key_alias: 'kept' })
  const facts = JSON.parse(readFileSync(join(at.dataDir, 'local.json'), 'utf8')) as Record<string, unknown>
  await first.stop('SIGTERM')
  const left = [processesWith(['--db-path', at.dataDir]), existsSync(join(at.dataDir, 'local.json'))]

  const second = await startServer(at)
  const info = await second.json<{ info: { key_alias: string } }>(`/key/info?key=${key}`)
  await second.stop('SIGTERM')

  expect(facts).toMatchObject({
    table: 'purser',
    endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
  })
  expect(left).toEqual([[], false])
  expect(info.info.key_alias).toBe('kept')
})

test('after a kill -9 the next start takes the data directory over, engine and all', async () => {
  const first = await startServer(at)
  const key = await first.makeKey({ key_alias: 'kept' })
  await first.stop('SIGKILL')
  const orphans = processesWith(['--db-path', at.dataDir])

  const second = await startServer(at)
  const { status } = await second.call(`/key/info?key=${key}`)
  const engines = processesWith(['--db-path', at.dataDir])
  await second.stop('SIGTERM')

  expect(orphans).toHaveLength(1)
  expect(status).toBe(200)
  expect(engines).toHaveLength(1)
  expect(engines).not.toEqual(orphans)
})

test('a second server on the same data is refused in one line', async () => {
  const first = await startServer(at)
  const second = await runMain(at.env)
  await first.stop('SIGTERM')

  expect(second.code).toBe(1)
  expect(second.output()).toMatch(/^The data directory .* is in use by the server with process id \d+\..*\n$/)
})

test('a port in use is refused in one line', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const address = other.address()
  const port = typeof address === 'object' && address ? address.port : 0

  const server = await runMain({ ...at.env, PORT: String(port) })
  other.close()

  expect(server.code).toBe(1)
  expect(server.output()).toBe(`Port ${port} is in use by another program. Set PORT to a free one.\n`)
})

test('prints every problem of the config, and starts nothing', async () => {
  writeFileSync(
    at.config,
    'model_list:\n  - model_name: a\n    litellm_params:\n      model: nonsense/x\nrouter_settings:\n  num_retrys: 3\n',
  )

  const server = await runMain(at.env)

  expect(server.code).toBe(1)
  expect(server.output()).toMatch(/config\.yaml:4:/)
  expect(server.output()).toMatch(/config\.yaml:6:/)
  expect(existsSync(at.dataDir)).toBe(false)
})

test('a config file that is not there is named', async () => {
  const server = await runMain({ ...at.env, PURSER_CONFIG: join(at.dir, 'absent.yaml') })

  expect(server.code).toBe(1)
  expect(server.output()).toContain('absent.yaml cannot be read. Set PURSER_CONFIG')
})

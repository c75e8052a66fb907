import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { bundle, type DoorName } from '../../infra/bundle.ts'
import { config } from '../support/configuration.ts'
import { startFunction } from './front.ts'
import { startWebServer } from './web-server.ts'

const dir = mkdtempSync(join(tmpdir(), 'purser-origin-'))
const ends: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ends) await end()
  rmSync(dir, { recursive: true, force: true })
})

/** Nothing that these calls ask for needs the services behind the names. */
const env = {
  TABLE: 'table',
  BUS: 'bus',
  SECRET: 'secret',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIALOOPBACK',
  AWS_SECRET_ACCESS_KEY: 'loopback-secret',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  ORIGIN_SECRETS: 'new-value,old-value',
}

function code(name: DoorName): string {
  const codeDir = join(dir, name)
  mkdirSync(codeDir, { recursive: true })
  bundle(name, codeDir, config())
  return codeDir
}

async function underTheRuntime(name: DoorName): Promise<string> {
  const running = await startFunction({ name, codeDir: code(name), env, timeoutMs: 30_000, onLine: () => {} })
  ends.push(() => running.stop())
  return running.url
}

async function asServer(): Promise<string> {
  const running = await startWebServer({ name: 'server', codeDir: code('server'), env, onLine: () => {} })
  ends.push(() => running.stop())
  return running.url
}

describe('behind a front', () => {
  it.each<[string, () => Promise<string>, string]>([
    ['the data plane', () => underTheRuntime('gateway'), '/health/liveliness'],
    ['the data plane as a server', asServer, '/health/liveliness'],
    ['the management API', () => underTheRuntime('admin'), '/key/list'],
  ])('%s answers who shows the secret, the new or the old, and nobody else', async (_name, start, path) => {
    const url = await start()
    const status = async (value?: string) =>
      (await fetch(url + path, { headers: value === undefined ? {} : { 'x-origin-verify': value } })).status

    const refused = [await status(), await status('another')]
    const taken = [await status('new-value'), await status('old-value')]

    expect(refused).toEqual([403, 403])
    // Without a key, management says 401: it was reached.
    expect(taken).toEqual(path === '/key/list' ? [401, 401] : [200, 200])
  })
})

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../lib/core/clock.ts'
import { lockDataDir } from '../../infra/local/data-dir.ts'
import { embeddedEngine, startEmbedded } from '../../infra/local/engine.ts'
import { endProcess, processesWith, startOf } from '../../infra/local/processes.ts'
import { openEngine } from '../../infra/local/store.ts'
import { dynamoClient, ensureTable } from '../../lib/aws/table.ts'

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'purser-engine-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const silent = () => {}
const clientOf = (endpoint: string) =>
  dynamoClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } })

test('the engine that a killed server left behind is ended, and its data are there', async () => {
  const dataDir = lockDataDir(dir)
  const orphan = await startEmbedded(embeddedEngine() ?? '', dataDir.store)
  const before = clientOf(orphan.endpoint)
  await ensureTable(before, 'kept')
  before.destroy()
  const said: string[] = []

  const engine = await openEngine({ dataDir, env: {}, log: (_, message) => said.push(message) })
  const after = clientOf(engine.endpoint)
  const tables = await after.send(new ListTablesCommand({}))
  after.destroy()

  expect(tables.TableNames).toEqual(['kept'])
  expect(startOf(orphan.pid ?? 0)).toBeUndefined()
  expect(said).toEqual(['ending the DynamoDB engine of a server that was killed'])
  expect(processesWith(['--db-path', dataDir.store])).toEqual([engine.pid])
  await engine.stop()
  expect(processesWith(['--db-path', dataDir.store])).toEqual([])
})

test('an engine that dies is started again on the same port, with its data', async () => {
  const dataDir = lockDataDir(dir)
  const engine = await openEngine({ dataDir, env: {}, log: silent })
  const client = clientOf(engine.endpoint)
  await ensureTable(client, 'purser')
  const first = engine.pid ?? 0

  await endProcess(first)
  for (let n = 0; n < 400 && (engine.pid === first || startOf(engine.pid ?? 0) === undefined); n++) await sleep(50)
  await ensureTable(client, 'purser')

  expect(engine.pid).not.toBe(first)
  client.destroy()
  await engine.stop()
})

test('an engine whose free port somebody else was faster to take is started on another', async () => {
  const program = join(dir, 'engine')
  const lines = [
    '#!/bin/sh',
    `if [ ! -e '${dir}/tried' ]; then touch '${dir}/tried'; echo "error: port $5 is already in use" >&2; exit 1; fi`,
    'echo Dynoxide listening on $5',
    'exec sleep 60',
  ]
  writeFileSync(program, lines.join('\n'), { mode: 0o755 })

  const engine = await startEmbedded(program, join(dir, 'store.db'))
  await engine.stop()

  expect(existsSync(join(dir, 'tried'))).toBe(true)
  expect(engine.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
})

test('an endpoint from the environment is taken as it is, and not stopped', async () => {
  const own = await startEmbedded(embeddedEngine() ?? '', join(dir, 'own.db'))

  const engine = await openEngine({
    dataDir: lockDataDir(dir),
    env: { AWS_ENDPOINT_URL_DYNAMODB: own.endpoint },
    log: silent,
  })
  await engine.stop()

  expect(engine.endpoint).toBe(own.endpoint)
  expect(startOf(own.pid ?? 0)).toBeDefined()
  await own.stop()
})

test('the clock sleeps no longer than it is asked to, and wakes when told', async () => {
  const wake = new AbortController()
  const slept = systemClock.sleep(60_000, wake.signal)

  wake.abort()
  await slept
  await systemClock.sleep(60_000, wake.signal)

  expect(wake.signal.aborted).toBe(true)
})

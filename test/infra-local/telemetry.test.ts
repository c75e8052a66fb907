import { createServer, type Server } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { localTelemetry } from '../../infra/local/telemetry.ts'
import { systemClock } from '../../lib/core/clock.ts'
import { attempt, spendEvent } from '../support/spend.ts'

let dir: string
let collector: Server
let url: string
let taken: string

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'purser-local-telemetry-'))
  taken = ''
  collector = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      taken += `${String(request.headers.authorization)} ${gunzipSync(Buffer.concat(chunks)).toString()}\n`
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const address = collector.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
})
afterEach(() => {
  collector.close()
  rmSync(dir, { recursive: true, force: true })
})

const start = (env: Record<string, string>, clock = systemClock) =>
  localTelemetry({
    dir: join(dir, 'telemetry'),
    secrets: { get: async (name) => env[name] },
    clock,
    random: Math.random,
    log: () => {},
  })
const message = (name: string, type = 'spend.v1') => ({
  messageId: name,
  body: { type, detail: spendEvent(attempt(name), 1000, []) },
})

test('there is none where no collector is named', async () => {
  expect(await start({})).toBeUndefined()
})

test('a setting that makes no sense is named before anything starts', async () => {
  await expect(start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' })).rejects.toThrow(/OTEL_EXPORTER_OTLP_ENDPOINT is/)
  await expect(start({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).rejects.toThrow(/grpc/)
  await expect(start({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_HEADERS: 'x' })).rejects.toThrow(/part 1/)
})

test('what the aggregator has booked is exported, what it has not is not', async () => {
  const telemetry = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=me' })
  const handle = telemetry?.after(async () => ['b'])
  telemetry?.start()

  expect(await handle?.([message('a'), message('b'), message('c', 'look.v1')])).toEqual(['b'])
  await telemetry?.stop()

  expect(taken).toContain(attempt('a'))
  expect(taken).not.toContain(attempt('b'))
  expect(taken).not.toContain(attempt('c'))
  expect(taken).toMatch(/^me /)
})

test('what was not exported before the end is exported after the next start', async () => {
  const first = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
  await first?.after(async () => [])([message('a')])
  const again = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
  again?.start()
  await again?.stop()

  expect(taken).toContain(attempt('a'))
})

test('a stop leaves nothing behind that keeps the process from ending', async () => {
  let waiting = 0
  const sleep: typeof systemClock.sleep = async (ms, signal) => {
    waiting++
    await systemClock.sleep(ms, signal)
    waiting--
  }
  const telemetry = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url }, { ...systemClock, sleep })
  telemetry?.start()

  await telemetry?.stop()
  await new Promise((resolve) => setImmediate(resolve))

  expect(waiting).toBe(0)
})

test('a disk that takes nothing more fails no booking', async () => {
  const telemetry = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
  telemetry?.start()
  // Writing to a closed journal is what a full disk comes to.
  await telemetry?.stop()

  expect(await telemetry?.after(async () => [])([message('a')])).toEqual([])
})

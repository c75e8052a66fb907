import { createServer, type Server } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SQSBatchResponse } from 'aws-lambda'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundle } from '../../infra/bundle.ts'
import type { Config } from '../../lib/core/config.ts'
import { attempt, spendEvent } from '../support/spend.ts'
import { eventually } from '../whole/server.ts'
import { type Collector, collectorAt } from './collector.ts'

// The deployed function's own bundle, from a queue's batch to a real collector that wants credentials.
const outDir = mkdtempSync(join(tmpdir(), 'purser-telemetry-'))
const credential = 'Bearer collector-token'

let collector: Collector
let secrets: Service
let gate: Service
let handler: (event: unknown) => Promise<SQSBatchResponse>
let refused = 0

type Service = { url: string; server: Server }

async function service(
  answer: (headers: Record<string, unknown>, path: string, body: Buffer) => Promise<[number, string]>,
) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      void answer(request.headers, request.url ?? '', Buffer.concat(chunks)).then(([status, text]) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(text),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}` }
}

beforeAll(async () => {
  collector = await collectorAt()
  await collector.start()
  const value = JSON.stringify({ OTEL_EXPORTER_OTLP_HEADERS: `authorization=${encodeURIComponent(credential)}` })
  secrets = await service(async () => [200, JSON.stringify({ Name: 'Purser', SecretString: value })])
  gate = await service(async (headers, path, body) => {
    if (headers.authorization !== credential) return [401, `{"refused":${++refused}}`]
    const { 'content-type': type, 'content-encoding': encoding } = headers as Record<string, string>
    const passed = { 'content-type': type ?? '', ...(encoding && { 'content-encoding': encoding }) }
    const answer = await fetch(collector.url + path, { method: 'POST', headers: passed, body: new Uint8Array(body) })
    return [answer.status, await answer.text()]
  })
  bundle('telemetry', outDir, { deployments: [], environment: {} } as unknown as Config)
  Object.assign(process.env, {
    AWS_REGION: 'eu-north-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    SECRET: 'Purser',
    OTEL_EXPORTER_OTLP_ENDPOINT: gate.url,
    OTEL_SERVICE_NAME: 'Purser',
  })
  const loaded = (await import(/* @vite-ignore */ pathToFileURL(join(outDir, 'index.mjs')).href)) as {
    handler: typeof handler
  }
  handler = loaded.handler
})

afterAll(async () => {
  await collector.remove()
  for (const { server } of [secrets, gate]) server.close()
  rmSync(outDir, { recursive: true, force: true })
})

const record = (messageId: string, body: unknown) => ({ messageId, body: JSON.stringify(body) })
const spend = (name: string) => ({ 'detail-type': 'spend.v1', detail: spendEvent(attempt(name), 1000, []) })

it('exports a batch with the credentials of the secret, and fails what is no event alone', async () => {
  const Records = [record('1', spend('a')), record('2', spend('b')), record('3', 'poison')]
  const answer = await handler({ Records })

  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '3' }] })
  const { spans } = await eventually(
    async () => collector.read(),
    (read) => read.spans.length >= 2 && read.metrics.length > 0,
  )
  expect(spans.map(({ resource }) => resource['service.name'])).toEqual(['Purser', 'Purser'])
  expect(refused).toBe(0)
})

it('is harmless when the queue delivers again', async () => {
  const answer = await handler({ Records: [record('4', spend('a')), record('5', spend('c'))] })

  expect(answer).toEqual({ batchItemFailures: [] })
  const { spans } = await eventually(
    async () => collector.read(),
    (read) => read.spans.length >= 3,
  )
  expect(new Set(spans.map(({ fields }) => fields.spanId)).size).toBe(3)
  expect(spans).toHaveLength(3)
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import { quietPort } from '../support/quiet-port.ts'

const program = fileURLToPath(new URL('../../.e2e/collector', import.meta.url))

/** A collector on loopback that writes what it gets to a file; it can be away, and come back on the same port. */
export async function collectorAt() {
  const dir = mkdtempSync(join(tmpdir(), 'purser-otel-'))
  const port = await quietPort()
  const file = join(dir, 'out.jsonl')
  const pipeline = { receivers: ['otlp'], exporters: ['file'] }
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { file: { path: file, append: true, flush_interval: '100ms' } },
    service: {
      telemetry: { metrics: { level: 'none' }, logs: { level: 'error' } },
      pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
    },
  }
  writeFileSync(join(dir, 'config.yaml'), stringify(config))
  let stopLast = async () => {}
  return {
    url: `http://127.0.0.1:${port}`,
    async start() {
      const child = spawn(program, ['--config', `file:${join(dir, 'config.yaml')}`], { stdio: 'inherit' })
      const ended = once(child, 'close')
      stopLast = async () => {
        child.kill()
        await ended
      }
      await answers(`http://127.0.0.1:${port}/v1/traces`)
    },
    stop: () => stopLast(),
    read: () => readSignals(existsSync(file) ? readFileSync(file, 'utf8') : ''),
    text: () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
    async remove() {
      await stopLast()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export type Collector = Awaited<ReturnType<typeof collectorAt>>

async function answers(url: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50))
    try {
      await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
      return
    } catch {
      // Not up yet.
    }
  throw new Error('the collector does not answer')
}

/** A span, or a log record, with its attributes as plain values. */
export type Read = { fields: JsonObject; attributes: JsonObject; resource: JsonObject }
export type ReadMetric = { name: string; unit: Json; temporality: Json; points: Read[] }

function readSignals(text: string): { spans: Read[]; metrics: ReadMetric[]; records: Read[] } {
  const lines = text.split('\n').flatMap((line) => (line === '' ? [] : [objectOf(tryParse(line))]))
  const each = (list: string, scopes: string, items: string) =>
    lines.flatMap((line) =>
      listOf(line[list]).flatMap((one) => {
        const resource = attributesOf(objectOf(objectOf(one).resource).attributes)
        return listOf(objectOf(one)[scopes]).flatMap((scope) =>
          listOf(objectOf(scope)[items]).map((item) => readItem(objectOf(item), resource)),
        )
      }),
    )
  return {
    spans: each('resourceSpans', 'scopeSpans', 'spans'),
    records: each('resourceLogs', 'scopeLogs', 'logRecords'),
    metrics: each('resourceMetrics', 'scopeMetrics', 'metrics').map(({ fields, resource }) => {
      const { aggregationTemporality, dataPoints } = objectOf(fields.histogram ?? fields.sum)
      const points = listOf(dataPoints).map((point) => readItem(objectOf(point), resource))
      return {
        name: stringOf(fields.name) ?? '',
        unit: fields.unit ?? null,
        temporality: aggregationTemporality ?? null,
        points,
      }
    }),
  }
}

const readItem = (fields: JsonObject, resource: JsonObject): Read => ({
  fields,
  attributes: attributesOf(fields.attributes),
  resource,
})

const attributesOf = (list: Json | undefined): JsonObject =>
  Object.fromEntries(
    listOf(list)
      .map(objectOf)
      .map(({ key, value }) => [stringOf(key) ?? '', plain(value ?? null)]),
  )

/** OTLP's tagged value without its tag; integers come as text. */
function plain(value: Json): Json {
  if (!isObject(value)) return null
  if ('intValue' in value) return Number(value.intValue)
  if ('arrayValue' in value) return listOf(objectOf(value.arrayValue).values).map(plain)
  if ('kvlistValue' in value) return attributesOf(objectOf(value.kvlistValue).values)
  return Object.values(value)[0] ?? null
}

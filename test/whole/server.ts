import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { endProcess, processesWith } from '../../infra/local/processes.ts'
import type { JsonObject } from '../../lib/core/json.ts'

export const masterKey = 'sk-master-of-tests'
const main = fileURLToPath(new URL('../../infra/local/main.ts', import.meta.url))

/** What one model of a test's config is: its public name, and `litellm_params`. */
export type Model = { name: string; params: JsonObject }

/** A folder for one server's data and config, over several runs of it. */
export function home(models: Model[], more: JsonObject = {}) {
  const model_list = models.map(({ name, params }) => ({ model_name: name, litellm_params: params }))
  return homeOf(stringify({ model_list, ...more }))
}

/** The same with a config as it is written. */
export function homeOf(configText: string) {
  const dir = mkdtempSync(join(tmpdir(), 'purser-whole-'))
  const config = join(dir, 'config.yaml')
  writeFileSync(config, configText)
  const dataDir = join(dir, 'data')
  return {
    dir,
    config,
    dataDir,
    env: { PURSER_CONFIG: config, PURSER_DATA_DIR: dataDir, PURSER_MASTER_KEY: masterKey, PORT: '0' },
    async remove() {
      for (const pid of processesWith(['--db-path', dataDir])) await endProcess(pid)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export type Home = ReturnType<typeof home>

/** Runs `npm start`'s program and waits until it ends or answers. */
export async function runMain(env: Record<string, string>) {
  const { NODE_OPTIONS: _, ...own } = process.env
  const child = spawn(process.execPath, [main], { env: { ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  // Not `exit`, which may come before the last that it said.
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null)
  const ready = async () => {
    const isOver = () => child.exitCode !== null || child.signalCode !== null
    while (!isOver() && !/ready:\s+http\S+[\s\S]*Call a model/.test(output)) await sleep(10)
    return isOver() ? ended : undefined
  }
  const code = await Promise.race([ended, ready()])
  return {
    url: /ready:\s+(http\S+)/.exec(output)?.[1] ?? '',
    code,
    output: () => output,
    stop: async (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
  }
}

export async function startServer(at: Home, env: Record<string, string> = {}) {
  const server = await runMain({ ...at.env, ...env })
  if (server.code !== undefined) throw new Error(`the server ended with ${server.code}: ${server.output()}`)
  const api = client(server.url)
  return { ...server, ...api }
}

export type Server = Awaited<ReturnType<typeof startServer>>

/** Raw calls, as curl makes them. */
function client(url: string) {
  const call = async (path: string, body?: unknown, key = masterKey) => {
    const response = await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text }
  }
  const json = async <T>(path: string, body?: unknown): Promise<T> => {
    const { status, text } = await call(path, body)
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`)
    return JSON.parse(text) as T
  }
  return {
    call,
    json,
    makeKey: async (fields: JsonObject = {}) => (await json<{ key: string }>('/key/generate', fields)).key,
    logs: () => json<LogRow[]>('/spend/logs'),
    info: async (key: string) => (await json<{ info: KeyInfo }>(`/key/info?key=${key}`)).info,
  }
}

export type LogRow = { request_id: string; spend: number; outcome: string; status: string; api_key: string }
export type KeyInfo = { spend: number; purser: { held: number; unsettled: number; available: number } }

/** Waits for what the aggregator does behind the reply. */
export async function eventually<T>(
  look: () => Promise<T>,
  holds: (value: T) => boolean,
  withinMs = 20_000,
): Promise<T> {
  for (const end = Date.now() + withinMs; ;) {
    const value = await look()
    if (holds(value)) return value
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms; last: ${JSON.stringify(value).slice(0, 2000)}`)
    await sleep(50)
  }
}

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isObject } from '../../lib/core/json.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { eventually, home, type Home, type LogRow, type Server, startServer } from './server.ts'

// One output token costs 10,000 nano-dollars and input next to nothing, so that a call's price is its number of tokens.
const inputNano = 1
const outputNano = 10_000
const prices = { input_cost_per_token: inputNano / 1e9, output_cost_per_token: outputNano / 1e9 }
const tokens = 10
const callDollars = (tokens * outputNano + 300) / 1e9

let upstream: ScriptedUpstream
let at: Home
let server: Server

const model = (name: string, script: string) => ({
  name,
  params: { model: `openai/${script}`, api_base: upstream.url, api_key: 'sk-up', ...prices },
})

beforeEach(async () => {
  upstream = await startUpstream()
  const models = [
    model('ok', `ok,tokens=${tokens}`),
    model('slow', `ok,tokens=${tokens},gap=30`),
    model('long', 'ok,tokens=400,gap=20'),
  ]
  // Who waits for money does so until there is some, or none: a slow machine needs more than the two seconds of the default.
  at = home(models, { litellm_settings: { num_retries: 0 }, general_settings: { budget_wait: 8 } })
  server = await startServer(at)
})

afterEach(async () => {
  await server.stop('SIGKILL')
  await at.remove()
  await upstream.stop()
})

const chat = (key: string, fields: Record<string, unknown> = {}) =>
  server.call('/v1/chat/completions', { model: 'ok', messages: [{ role: 'user', content: 'hi' }], ...fields }, key)

const billed = () => upstream.billed(inputNano, outputNano)
const sum = (rows: LogRow[]) => rows.reduce((total, row) => total + Math.round(row.spend * 1e9), 0)
const held = async (key: string) => {
  const { purser } = await server.info(key)
  return Math.round((purser.held + purser.unsettled) * 1e9)
}

test.each([
  { name: 'whole, with a cap', fields: { max_tokens: tokens }, least: 36 },
  { name: 'streamed, with a cap', fields: { max_tokens: tokens, stream: true }, least: 36 },
  { name: 'without a cap', fields: {}, least: 20 },
])('200 calls at once on a budget for 40, $name', async ({ fields, least }) => {
  const budget = 40 * callDollars
  const key = await server.makeKey({ max_budget: budget, budget_duration: '1mo' })

  const answers = await Promise.all(Array.from({ length: 200 }, () => chat(key, fields)))
  const statuses = answers.map(({ status }) => status)

  expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([])
  expect(billed()).toBeLessThanOrEqual(Math.round(budget * 1e9))
  expect(billed()).toBeGreaterThanOrEqual(least * tokens * outputNano)
  const answered = statuses.filter((status) => status === 200).length
  const rows = await eventually(server.logs, (logs) => logs.length >= answered)
  expect(rows.filter(({ outcome }) => outcome === 'completed')).toHaveLength(answered)
  expect(sum(rows)).toBe(billed())
  const refusal = answers.find(({ status }) => status === 429)
  expect(refusal?.text).toContain('Budget has been exceeded!')
  expect(refusal?.headers.get('retry-after')).toMatch(/^\d+$/)
})

const isFinal = ({ outcome }: LogRow) => outcome !== 'lost'
const finalIds = (logs: LogRow[]) => new Set(logs.filter(isFinal).map(({ request_id }) => request_id))
const underWay = () => upstream.seen.some(({ ended, completionTokens }) => !ended && completionTokens > 0)

test('a kill -9 in mid-burst loses no finished call, and what was in flight stays counted by name', async () => {
  const budget = 40 * callDollars
  const key = await server.makeKey({ max_budget: budget })
  const finished: string[] = []
  const burst = Array.from({ length: 60 }, async (_, n) => {
    const fields = n % 2 ? { model: 'slow', stream: true } : { model: 'ok' }
    const answer = await chat(key, { ...fields, max_tokens: tokens }).catch(() => undefined)
    if (answer?.status === 200) finished.push(answer.headers.get('x-request-id') ?? '')
  })

  while (finished.length < 8 || !underWay()) await sleep(5)
  await server.stop('SIGKILL')
  await Promise.all(burst)
  server = await startServer(at)
  const rows = await eventually(
    server.logs,
    (logs) => finished.every((id) => finalIds(logs).has(id)) && !logs.every(isFinal),
  )
  const lost = rows.filter(({ outcome }) => outcome === 'lost')

  expect(new Set(rows.map(({ request_id }) => request_id)).size).toBe(rows.length)
  expect(lost.length).toBeGreaterThan(0)
  expect(lost.every(({ spend }) => spend === 0)).toBe(true)
  const counted = async () => sum(await server.logs()) + (await held(key))
  await eventually(counted, (nano) => nano >= billed())

  await Promise.all(Array.from({ length: 60 }, () => chat(key, { max_tokens: tokens })))

  expect(billed()).toBeLessThanOrEqual(Math.round(budget * 1e9))
  await eventually(counted, (nano) => nano >= billed())
})

test('a client that hangs up in mid-stream: what was sent is on record within seconds', async () => {
  const key = await server.makeKey({ max_budget: 1 })
  const leave = new AbortController()
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'long', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    signal: leave.signal,
  })
  const reader = response.body?.getReader()
  for (let n = 0; n < 5; n++) await reader?.read()

  leave.abort()
  const [row] = await eventually(server.logs, (logs) => logs.length === 1)

  expect(row).toMatchObject({ outcome: 'client_left', status: 'failure' })
  expect(Math.round((row?.spend ?? 0) * 1e9)).toBeGreaterThanOrEqual(4 * outputNano)
  await eventually(
    async () => upstream.seen[0]?.left,
    (left) => left === true,
  )
  expect(await held(key)).toBe(0)
})

test('events that come again change nothing, and a poison event holds up nobody', async () => {
  const key = await server.makeKey({ max_budget: 1 })
  for (let n = 0; n < 3; n++) await chat(key, { max_tokens: tokens })
  await eventually(server.logs, (logs) => logs.length === 3)
  const journal = join(at.dataDir, 'journal')
  const lines = readdirSync(journal).flatMap((name) =>
    name.endsWith('.jsonl') ? readFileSync(join(journal, name), 'utf8').trim().split('\n') : [],
  )
  const before = { rows: await server.logs(), spend: (await server.info(key)).spend }

  await server.stop('SIGKILL')
  mkdirSync(journal, { recursive: true })
  const poison = JSON.stringify({ type: 'spend.v1', detail: { version: 1, id: 'nonsense', cost: -5 } })
  const again = [...lines.toReversed(), 'not even json', poison, ...lines]
  writeFileSync(join(journal, '00000077.jsonl'), again.map((line) => `${line}\n`).join(''))
  server = await startServer(at)
  await chat(key, { max_tokens: tokens })
  const rows = await eventually(server.logs, (logs) => logs.length === 4)

  expect(lines).toHaveLength(3)
  expect(rows.slice(1)).toEqual(before.rows)
  expect(sum(rows)).toBe(billed())
  const info = await eventually(
    () => server.info(key),
    ({ spend }) => spend > before.spend,
  )
  expect(Math.round(info.spend * 1e9)).toBe(billed())
})

test('soft and hard alerts reach the webhook once each and name the key', async () => {
  const posts: string[] = []
  let refusals = 1
  const webhook = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      // The first delivery fails: an alert must survive a webhook that is away for a moment.
      if (refusals-- > 0) return response.writeHead(503).end()
      posts.push(body)
      response.end('ok')
    })
  })
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve))
  const address = webhook.address()
  const port = isObject(address) ? Number(address.port) : 0
  await server.stop('SIGTERM')
  server = await startServer(at, { SLACK_WEBHOOK_URL: `http://127.0.0.1:${port}/hook` })
  const key = await server.makeKey({ key_alias: 'svc-a', max_budget: 5 * callDollars, soft_budget: 2 * callDollars })

  for (let n = 0; n < 8; n++) await chat(key, { max_tokens: tokens })
  await eventually(
    async () => posts.length,
    (count) => count >= 2,
  )
  await sleep(1500)

  const texts = posts.map((body) => (JSON.parse(body) as { text: string }).text)
  expect(texts.filter((text) => /soft/i.test(text) && text.includes('svc-a'))).toHaveLength(1)
  expect(texts.filter((text) => /hard/i.test(text) && !/^soft/i.test(text) && text.includes('svc-a'))).toHaveLength(1)
  expect(texts).toHaveLength(2)
  webhook.close()
})

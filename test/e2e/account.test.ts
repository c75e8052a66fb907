import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { budgetStore } from '../../lib/aws/budgets.ts'
import { recordStore } from '../../lib/aws/directory.ts'
import { ledgerStore } from '../../lib/aws/ledger.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { fromDollars } from '../../lib/core/money.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import { type Account, snsEvent, sqsEvent, startAccount } from './account.ts'
import type { RunningFunction } from './front.ts'
import { textOf } from './runtime.ts'

const masterKey = 'sk-master-of-the-loopback'

/** One token costs a tenth of a cent, so that a few calls empty a budget. */
const configFor = (upstream: string) => `
model_list:
  - model_name: "*"
    litellm_params:
      model: openai/*
      api_base: ${upstream}/v1
      api_key: os.environ/UPSTREAM_KEY
      input_cost_per_token: 0.00001
      output_cost_per_token: 0.001
litellm_settings:
  num_retries: 0
  max_budget: 100
  budget_duration: 1mo
`

/** A webhook on loopback; what was posted to it. */
async function startWebhook() {
  const posted: string[] = []
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      posted.push(text)
      response.end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { url: `http://127.0.0.1:${port}/hook`, posted, stop: () => void server.close() }
}

describe("the stack's functions together", () => {
  let upstream: ScriptedUpstream
  let webhook: Awaited<ReturnType<typeof startWebhook>>
  let account: Account
  let gateway: RunningFunction
  let admin: RunningFunction
  let spend: RunningFunction
  let alerts: RunningFunction

  beforeAll(async () => {
    upstream = await startUpstream()
    webhook = await startWebhook()
    const secret = { UPSTREAM_KEY: 'sk-from-the-secret', SLACK_WEBHOOK_URL: webhook.url }
    account = await startAccount({ configText: configFor(upstream.url), masterKey, secret })
    gateway = await account.start('gateway', 30_000)
    admin = await account.start('admin', 30_000)
    spend = await account.start('spend', 30_000)
    alerts = await account.start('alerts', 30_000)
  })
  afterAll(async () => {
    webhook?.stop()
    await account?.stop()
    await upstream?.stop()
  })

  const post = async (url: string, key: string, body: unknown) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await reply.text()
    return { status: reply.status, text, json: () => JSON.parse(text) as unknown }
  }
  /** What CloudFormation asks of a custom resource; what it is told at the URL. */
  const deploy = async (RequestType: string) => {
    const ids = { StackId: 's', RequestId: 'r', LogicalResourceId: 'Global', ResourceType: 'Custom' }
    await admin.invoke({ RequestType, ResponseURL: webhook.url, ResourceProperties: {}, ...ids })
    return JSON.parse(webhook.posted.pop() ?? '{}') as unknown
  }
  const makeKey = async (terms: object) => {
    const made = await post(`${admin.url}/key/generate`, masterKey, terms)
    if (made.status !== 200) throw new Error(made.text)
    return made.json() as { key: string }
  }
  const chat = (key: string, model = 'ok,tokens=8', more: object = {}) =>
    post(`${gateway.url}/v1/chat/completions`, key, {
      model,
      max_tokens: 8,
      messages: [{ role: 'user', content: 'x' }],
      ...more,
    })
  /** Rule and queue: hands what is on the bus to the aggregator, until nothing is. */
  const settle = async () => {
    const failures: unknown[] = []
    await gateway.quiet()
    while (account.queue.length > 0) failures.push(await spend.invoke(sqsEvent(account.queue.splice(0, 100))))
    return failures
  }
  const infoOf = async (key: string) => {
    const headers = { authorization: `Bearer ${masterKey}` }
    const reply = await fetch(`${admin.url}/key/info?key=${key}`, { headers })
    return ((await reply.json()) as { info: { spend: number } }).info
  }

  it("makes the gateway's own budget at a deployment, as often as it is run", async () => {
    const answers = [await deploy('Create'), await deploy('Update'), await deploy('Delete')]

    const records = recordStore(sdkDynamo(account.store.client), account.store.table)
    const record = await records.scope('global', '-')
    expect(answers).toMatchObject([{ Status: 'SUCCESS' }, { Status: 'SUCCESS' }, { Status: 'SUCCESS' }])
    expect(record?.terms).toMatchObject({ v: 1, limit: fromDollars(100), duration: '1mo' })
    expect(account.lines.filter((line) => line.includes('"level":"error"'))).toEqual([])
  })

  it('takes a call from key to ledger', async () => {
    const { key } = await makeKey({ max_budget: 1, key_alias: 'svc-a' })

    const answer = await chat(key)
    const failures = await settle()

    const { usage } = answer.json() as {
      usage: { prompt_tokens: number; completion_tokens: number; cost: number }
    }
    const cost = usage.prompt_tokens * 0.00001 + usage.completion_tokens * 0.001
    expect(upstream.seen.at(-1)?.headers.authorization).toBe('Bearer sk-from-the-secret')
    expect(usage.cost).toBeCloseTo(cost, 9)
    expect(failures).toEqual([{ batchItemFailures: [] }])
    expect((await infoOf(key)).spend).toBeCloseTo(cost, 9)
    expect(await onRecord(account, 'svc-a')).toMatchObject([{ outcome: 'completed', cost: fromDollars(cost) }])
  })

  it('streams, and settles what was streamed before the function returns', async () => {
    const { key } = await makeKey({ max_budget: 1 })

    const answer = await chat(key, 'ok,tokens=5', { stream: true })
    await gateway.quiet()
    const events = [...account.queue]
    await settle()

    expect(answer.text).toContain('data: [DONE]')
    expect(events[0]?.detail).toMatchObject({ outcome: 'completed', stream: true, usage: { completion: 5 } })
    expect((await infoOf(key)).spend).toBeGreaterThan(0.005)
  })

  it('holds a budget against calls from many environments at once', async () => {
    const { key } = await makeKey({ max_budget: 0.05 })
    const before = upstream.seen.length

    const answers = await Promise.all(Array.from({ length: 16 }, () => chat(key, 'ok,tokens=8,wait=50')))
    await settle()

    const billed = upstream.seen
      .slice(before)
      .reduce((sum, r) => sum + r.promptTokens * 10 + r.completionTokens * 1000, 0)
    const statuses = answers.map(({ status }) => status)
    expect(billed * 1000).toBeLessThanOrEqual(fromDollars(0.05))
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(3)
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([])
    expect((await infoOf(key)).spend).toBeCloseTo(billed / 1_000_000, 9)
    expect(gateway.started()).toBeGreaterThan(1)
  })

  it('tells of a soft budget once, by topic and webhook', async () => {
    account.alerts.length = 0
    const { key } = await makeKey({ max_budget: 1, soft_budget: 0.001, key_alias: 'svc-soft' })

    await chat(key)
    await gateway.quiet()
    const events = [...account.queue]
    await settle()
    await spend.invoke(sqsEvent(events))
    for (const { message } of account.alerts) await alerts.invoke(snsEvent(message))
    for (const { message } of account.alerts) await alerts.invoke(snsEvent(message))

    const [alert] = account.alerts
    expect(account.alerts).toHaveLength(1)
    expect(alert?.attributes).toMatchObject({ kind: 'soft', scope: 'key' })
    expect(webhook.posted.filter((text) => text.includes('svc-soft'))).toHaveLength(1)
  })

  it('brings an alarm of CloudWatch to the webhook too', async () => {
    await alerts.invoke(
      snsEvent(JSON.stringify({ AlarmName: 'DeadLetters', NewStateValue: 'ALARM', AlarmDescription: 'redrive' })),
    )

    expect(webhook.posted.at(-1)).toContain('DeadLetters is ALARM. redrive')
  })

  it('fails a poison message alone', async () => {
    const { key } = await makeKey({ max_budget: 1 })
    await chat(key)
    await gateway.quiet()
    const good = account.queue.splice(0)
    const event = sqsEvent(['not json', ...good, { 'detail-type': 'spend.v1', detail: { version: 9 } }])

    const result = await spend.invoke(event)

    expect(result).toEqual({
      batchItemFailures: [
        { itemIdentifier: event.Records[0]?.messageId },
        { itemIdentifier: event.Records.at(-1)?.messageId },
      ],
    })
    expect((await infoOf(key)).spend).toBeGreaterThan(0)
  })

  it('keeps events in the outbox while the bus is down, and relays them', async () => {
    const { key } = await makeKey({ max_budget: 1 })
    account.services.refuseEvents(true)
    const answer = await chat(key)
    await gateway.quiet()
    await spend.invoke({ task: 'relay' })
    const waiting = account.lines.filter((line) => line.includes('outbox relayed')).at(-1)
    account.services.refuseEvents(false)

    await spend.invoke({ task: 'relay' })
    const failures = await settle()

    expect(answer.status).toBe(200)
    expect(waiting).toContain('"outbox_waiting":1')
    expect(failures).toEqual([{ batchItemFailures: [] }])
    expect((await infoOf(key)).spend).toBeGreaterThan(0)
  })

  it('sweeps without finding anything to move', async () => {
    await spend.invoke({ task: 'sweep' })

    expect(account.lines.some((line) => line.includes('"message":"swept"'))).toBe(true)
  })

  it('reports an attempt whose process was killed, once the next one starts', async () => {
    const { key } = await makeKey({ max_budget: 1, key_alias: 'svc-killed' })
    const lost = chat(key, 'ok,tokens=8,wait=5000').catch(() => undefined)
    await until(() => upstream.seen.some((r) => r.body.model === 'ok,tokens=8,wait=5000'))
    await Promise.all(gateway.environments().map((environment) => environment.kill()))
    await lost

    await chat(key)
    const events = await until(() => account.queue.some((e) => outcomeOf(e.detail) === 'lost') && [...account.queue])
    await settle()

    const windows = await budgetStore(sdkDynamo(account.store.client), account.store.table).windows(
      'key',
      keyIdOf(events),
    )
    expect(Object.keys(windows[0]?.item.holds ?? {})).toHaveLength(1)
  })
})

const outcomeOf = (detail: unknown) => (detail as { outcome?: string }).outcome
const keyIdOf = (events: { detail: unknown }[]) =>
  (events.find((e) => outcomeOf(e.detail) === 'lost')?.detail as { key_id?: string } | undefined)?.key_id ?? ''

/** Ledger entries of a key, by its alias. */
async function onRecord(account: Account, alias: string) {
  const ledger = ledgerStore(sdkDynamo(account.store.client), account.store.table)
  const entries = await ledger.between(Date.now() - 600_000, Date.now() + 60_000)
  return entries.filter((entry) => entry.key_alias === alias)
}

/** What `look` finds, once it finds something. */
async function until<T>(look: () => T | false | undefined, ms = 20_000): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const found = look()
    if (found) return found
  }
  throw new Error('nothing came in time')
}

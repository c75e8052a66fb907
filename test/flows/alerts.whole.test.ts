import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { deliveryStore } from '../../lib/aws/deliveries.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { systemClock } from '../../lib/core/clock.ts'
import { alertsFlow } from '../../lib/flows/alerts.ts'
import { postJson } from '../../lib/net/post.ts'
import { alertTargets } from '../../lib/steps/alert-targets.ts'
import { alertOf, reportOf } from '../support/notices.ts'
import { config } from '../support/configuration.ts'
import { startReceiver } from '../support/receiver.ts'
import { freshStore } from '../support/store.ts'

let store: Awaited<ReturnType<typeof freshStore>>
let people: Awaited<ReturnType<typeof startReceiver>>
beforeAll(async () => {
  store = await freshStore()
  people = await startReceiver()
})
afterAll(async () => {
  await people.stop()
  await store.stop()
})
afterEach(() => {
  people.received.length = 0
  people.answers(() => 200)
})

const everybody = () => ({
  SLACK_WEBHOOK_URL: people.url('/slack'),
  PAGERDUTY_ROUTING_KEY: 'routing-key',
  PAGERDUTY_URL: people.url('/pagerduty'),
  ALERT_WEBHOOK_URL: people.url('/own'),
  ALERT_WEBHOOK_SECRET: 'shared',
})

/** One process: what it knows is in the table, and nowhere else. */
async function started(secrets: Record<string, string>, over: Parameters<typeof config>[0] = {}) {
  const lines: string[] = []
  const targets = await alertTargets(config(over), {
    get: (name) => Promise.resolve(secrets[name]),
    post: postJson,
    now: () => 1_700_000_000_000,
    log: (_level, text) => lines.push(text),
  })
  const deliveries = deliveryStore({ dynamo: sdkDynamo(store.client), table: store.table, clock: systemClock })
  return { tell: alertsFlow({ targets, deliveries, clock: systemClock }), lines }
}

test('tells Slack, PagerDuty, a webhook and the log, each in its own words', async () => {
  const { tell, lines } = await started(everybody())

  await tell(alertOf('a1', { kind: 'hard', text: 'Hard budget reached' }))

  expect(people.at('/slack')[0]?.body).toMatchObject({
    text: 'Hard budget reached',
    event: 'budget_crossed',
    token: 'k1',
    key_alias: 'svc-a',
    team_id: 't1',
  })
  expect(people.at('/pagerduty')[0]?.body).toMatchObject({
    routing_key: 'routing-key',
    event_action: 'trigger',
    dedup_key: 'a1',
    payload: { summary: 'Hard budget reached', source: 'key svc-a', severity: 'critical' },
  })
  expect(people.at('/own')[0]?.body).toEqual(alertOf('a1', { kind: 'hard', text: 'Hard budget reached' }))
  expect(people.received).toHaveLength(3)
  expect(lines).toEqual(['Hard budget reached'])
})

test('signs what it posts to a webhook, so that a receiver can refuse a forgery', async () => {
  const { tell } = await started(everybody())

  await tell(alertOf('a2'))

  const [own] = people.at('/own')
  const expected = createHmac('sha256', 'shared').update(`1700000000.${own?.text}`).digest('hex')
  expect(own?.headers['x-purser-signature']).toBe(`t=1700000000,v1=${expected}`)
  expect(own?.headers['x-purser-alert-id']).toBe('a2')
  expect(people.at('/slack')[0]?.headers['x-purser-signature']).toBeUndefined()
})

test('one that fails neither blocks the others nor has them told again', async () => {
  people.answers((path) => (path === '/slack' ? 503 : 200))
  const { tell } = await started(everybody())

  await expect(tell(alertOf('a3'))).rejects.toThrow('a3 was not taken: slack: answered 503')
  people.answers(() => 200)
  await (await started(everybody())).tell(alertOf('a3'))
  await tell(alertOf('a3'))

  expect(people.received.map(({ path }) => path).sort()).toEqual(['/own', '/pagerduty', '/slack', '/slack'])
})

test('copies that come to two processes at the same time reach people once', async () => {
  const [one, other] = [await started(everybody()), await started(everybody())]

  await Promise.all([one.tell(alertOf('a4')), other.tell(alertOf('a4')), one.tell(alertOf('a4'))])

  expect(people.received.map(({ path }) => path).sort()).toEqual(['/own', '/pagerduty', '/slack'])
  expect([...one.lines, ...other.lines]).toHaveLength(1)
})

test('what was told before a restart is not told after it', async () => {
  await (await started(everybody())).tell(alertOf('a5'))
  people.received.length = 0

  await (await started(everybody())).tell(alertOf('a5'))

  expect(people.received).toEqual([])
})

test('without anybody configured an alert is a line of the log', async () => {
  const { tell, lines } = await started({})

  await tell(alertOf('a6'))

  expect(lines).toEqual(['Soft budget crossed: key `svc-a` has spent $8.02.'])
})

test('a report goes to its own webhook and wakes nobody', async () => {
  const { tell } = await started(everybody(), { reportWebhook: { value: people.url('/reports') } })

  await tell(reportOf({ id: 'REPORT a7' }))

  expect(people.received.map(({ path }) => path).sort()).toEqual(['/own', '/reports'])
  expect(people.at('/reports')[0]?.body).toMatchObject({ event: 'spend_report', start_date: '2026-11-09' })
})

test("LiteLLM's webhook channel gets its webhook event", async () => {
  const { tell } = await started({}, { alertWebhook: { value: people.url('/litellm') } })

  await tell(alertOf('a8'))

  expect(people.at('/litellm')[0]?.body).toMatchObject({ event: 'soft_budget_crossed', spend: 8.02, max_budget: 10 })
})

test("an alarm's all-clear resolves the incident that the alarm opened", async () => {
  const { tell } = await started(everybody())
  const alarm = { kind: 'alarm', name: 'DeadLetters', text: 'DeadLetters' } as const

  await tell({ ...alarm, id: 'ALARM DeadLetters ALARM 1', state: 'alarm' })
  await tell({ ...alarm, id: 'ALARM DeadLetters OK 2', state: 'ok' })

  expect(people.at('/pagerduty').map(({ body }) => body)).toMatchObject([
    { event_action: 'trigger', dedup_key: 'ALARM DeadLetters' },
    { event_action: 'resolve', dedup_key: 'ALARM DeadLetters' },
  ])
})

test('a redirect is not followed, and an address that is none is not shown', async () => {
  people.answers(() => 302)
  const moved = await started({ SLACK_WEBHOOK_URL: people.url('/slack') })
  const wrong = await started({ SLACK_WEBHOOK_URL: 'hooks.slack.com/secret-path' })

  await expect(moved.tell(alertOf('a9'))).rejects.toThrow('slack: answered 302')
  await expect(wrong.tell(alertOf('a10'))).rejects.toThrow('slack: its address is no URL')

  expect(people.received).toHaveLength(1)
})

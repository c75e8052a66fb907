import { expect, test } from 'vitest'
import type { AlertMessage } from '../../lib/core/spend-event.ts'
import { alertsFlow, boundedIds } from '../../lib/flows/alerts.ts'

const message = (id: string, more: Partial<AlertMessage> = {}): AlertMessage => ({
  version: 1,
  id,
  kind: 'soft',
  scope: 'key',
  scope_id: 'k1',
  label: 'svc-a',
  spent: 8.02e9,
  held: 0,
  unsettled: 0,
  limit: 10e9,
  soft: 8e9,
  window: '1mo#2026-11',
  resets_at: Date.UTC(2026, 11, 1),
  text: 'Soft budget crossed',
  ...more,
})

function flow(webhookUrl: string | undefined, status: () => number = () => 200) {
  const posted: { url: string; body: Record<string, unknown> }[] = []
  const lines: string[] = []
  const alert = alertsFlow({
    webhookUrl,
    post: (url, body) => {
      posted.push({ url, body: JSON.parse(body) as Record<string, unknown> })
      return Promise.resolve(status())
    },
    known: boundedIds(2),
    log: (_level, text) => lines.push(text),
  })
  return { alert, posted, lines }
}

test('posts what Slack shows and what consumers of LiteLLM webhooks read', async () => {
  const { alert, posted } = flow('http://hook')

  await alert(message('a'))

  expect(posted).toHaveLength(1)
  expect(posted[0]).toMatchObject({
    url: 'http://hook',
    body: {
      text: 'Soft budget crossed',
      event: 'soft_budget_crossed',
      event_group: 'key',
      spend: 8.02,
      max_budget: 10,
      soft_budget: 8,
      token: 'k1',
      key_alias: 'svc-a',
      event_message: 'Soft budget crossed',
      budget_reset_at: '2026-12-01T00:00:00.000Z',
    },
  })
})

test('a hard alert does not mention a soft budget anywhere', async () => {
  const { alert, posted } = flow('http://hook')

  await alert(message('a', { kind: 'hard', text: 'Hard budget reached' }))

  expect(JSON.stringify(posted[0]?.body)).not.toMatch(/soft/i)
})

test('drops copies of what was delivered, also while it is under way', async () => {
  const { alert, posted } = flow('http://hook')

  await Promise.all([alert(message('a')), alert(message('a'))])
  await alert(message('a'))

  expect(posted).toHaveLength(1)
})

test('rejects what the webhook does not take, and posts it again when it comes again', async () => {
  let status = 503
  const { alert, posted } = flow('http://hook', () => status)

  await expect(alert(message('a'))).rejects.toThrow('the alert webhook answered 503')
  status = 200
  await alert(message('a'))

  expect(posted).toHaveLength(2)
})

test('without a webhook an alert is a line of the log', async () => {
  const { alert, posted, lines } = flow(undefined)

  await alert(message('a'))

  expect(posted).toEqual([])
  expect(lines).toEqual(['Soft budget crossed'])
})

test('a bounded memory forgets the oldest id first', () => {
  const ids = boundedIds(2)
  for (const id of ['a', 'b', 'c']) ids.add(id)

  expect(['a', 'b', 'c'].map((id) => ids.has(id))).toEqual([false, true, true])
})

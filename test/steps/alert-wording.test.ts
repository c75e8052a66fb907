import { describe, expect, it } from 'vitest'
import { chatNotification } from '../../lib/steps/alert-chat.ts'
import { pagerDutyEvent } from '../../lib/steps/alert-pagerduty.ts'
import { slackBody } from '../../lib/steps/alert-slack.ts'
import { alertOf, canaryOf, reportOf } from '../support/notices.ts'

describe('for Slack', () => {
  it('is what Slack shows and what consumers of LiteLLM webhooks read', () => {
    expect(slackBody(alertOf('a'))).toMatchObject({
      text: 'Soft budget crossed: key `svc-a` has spent $8.02.',
      event: 'soft_budget_crossed',
      event_group: 'key',
      spend: 8.02,
      max_budget: 10,
      soft_budget: 8,
      token: 'k1',
      key_alias: 'svc-a',
      event_message: 'Soft budget crossed: key `svc-a` has spent $8.02.',
      budget_reset_at: '2026-12-01T00:00:00.000Z',
    })
  })

  it('does not mention a soft budget anywhere in a hard alert', () => {
    const body = slackBody(alertOf('a', { kind: 'hard', text: 'Hard budget reached' }))

    expect(JSON.stringify(body)).not.toMatch(/soft/i)
  })

  it('lets no name call the channel', () => {
    const { text, blocks } = slackBody(alertOf('a', { text: 'key `<!channel>` & co' }))

    expect(text).toBe('key `&lt;!channel&gt;` &amp; co')
    expect(JSON.stringify(blocks)).not.toContain('<')
  })

  it('has a block per paragraph of a report, none longer than Slack takes', () => {
    const { blocks } = slackBody(reportOf({ text: `Weekly\n\n${'x'.repeat(4000)}` }))

    expect(blocks).toEqual([
      { type: 'section', text: { type: 'mrkdwn', text: 'Weekly' } },
      { type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3000) } },
    ])
  })
})

describe('for PagerDuty', () => {
  it.each([
    ['hard', 'critical'],
    ['debt', 'critical'],
    ['unsettled', 'error'],
    ['soft', 'warning'],
    ['percent', 'warning'],
  ] as const)('is as bad as it is: %s is %s', (kind, severity) => {
    expect(pagerDutyEvent(alertOf('a', { kind }), 'r')).toMatchObject({ payload: { severity, class: kind } })
  })

  it('keeps to the limits of the API, and two long ids apart', () => {
    const long = (end: string) => `BUDGET#user#${'u'.repeat(300)}${end}`
    const [one, other] = ['1', '2'].map((end) => pagerDutyEvent(alertOf(long(end), { text: 'x'.repeat(2000) }), 'r'))

    expect(String(one?.dedup_key).length).toBeLessThanOrEqual(255)
    expect(one?.dedup_key).not.toBe(other?.dedup_key)
    expect(one).toMatchObject({ payload: { summary: 'x'.repeat(1024) } })
  })
})

describe('for Amazon Q Developer in chat applications', () => {
  /** The published schema of custom notifications: what else there is makes it no custom notification. */
  const members = {
    '': ['version', 'source', 'id', 'content', 'metadata'],
    content: ['textType', 'title', 'description', 'nextSteps', 'keywords'],
    metadata: ['threadId', 'summary', 'eventType', 'relatedResources', 'additionalContext'],
  }

  it.each([alertOf('a', { text: 'x'.repeat(9000) }), reportOf()])('is a custom notification: $kind', (notice) => {
    const made = chatNotification(notice)

    expect(made).toMatchObject({ version: '1.0', source: 'custom', content: { textType: 'client-markdown' } })
    for (const key of Object.keys(made)) expect(members['']).toContain(key)
    for (const key of Object.keys(made.content)) expect(members.content).toContain(key)
    for (const key of Object.keys(made.metadata)) expect(members.metadata).toContain(key)
    for (const value of Object.values(made.metadata.additionalContext)) expect(typeof value).toBe('string')
    expect(made.content.title.length).toBeLessThanOrEqual(250)
    expect(made.content.description.length).toBeLessThanOrEqual(8000)
  })

  it('puts all alerts of one budget window into one thread, and another window into another', () => {
    const threadOf = (...args: Parameters<typeof alertOf>) => chatNotification(alertOf(...args)).metadata.threadId

    expect(threadOf('a')).toBe('budget-key-k1-1mo#2026-11')
    expect(threadOf('b', { kind: 'hard' })).toBe(threadOf('a'))
    expect(threadOf('c', { window: '1mo#2026-12' })).not.toBe(threadOf('a'))
  })

  it('says what can be done about it', () => {
    const { content, metadata } = chatNotification(alertOf('a', { kind: 'hard', text: 'Hard budget reached: `<x>`' }))

    expect(content.title).toBe(':rotating_light: Hard budget alert for key svc-a')
    expect(content.description).toBe('Hard budget reached: `&lt;x&gt;`')
    expect(content.nextSteps.join()).toContain('max_budget')
    expect(metadata).toMatchObject({
      eventType: 'budget.hard',
      additionalContext: { level: 'critical', team_id: 't1', limit: '10' },
    })
  })
})

describe('a canary that was rolled back', () => {
  const canary = canaryOf()

  it('is told to Slack, to on-call and in a chat, each in its own words', () => {
    expect(slackBody(canary)).toMatchObject({ event: 'canary_rolled_back', model_group: 'g', model_id: 'new' })
    expect(pagerDutyEvent(canary, 'r')).toMatchObject({
      dedup_key: canary.id,
      payload: { source: 'model new', severity: 'error', custom_details: { deployment: 'new', share: 0.1 } },
    })
    expect(chatNotification(canary)).toMatchObject({
      id: canary.id,
      content: { title: ':warning: Canary new of model g rolled back' },
      metadata: { eventType: 'canary.rolled_back', additionalContext: { reason: '5 of 5 calls failed', share: '0.1' } },
    })
  })

  it('names no money that it does not know', () => {
    const all = JSON.stringify([slackBody(canary), pagerDutyEvent(canary, 'r'), chatNotification(canary)])

    expect(all).not.toMatch(/undefined|NaN|null|budget|spent/i)
  })
})

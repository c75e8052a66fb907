import type { PublishCommandInput } from '@aws-sdk/client-sns'
import { describe, expect, it } from 'vitest'
import { toMessage } from '../../lib/aws/queue.ts'
import { type Published, readNotice, snsTopic } from '../../lib/aws/topic.ts'
import type { AlertMessage } from '../../lib/core/spend-event.ts'
import { alertWording } from '../../lib/steps/alert-wording.ts'
import { alertOf, reportOf } from '../support/notices.ts'

const message: AlertMessage = alertOf('BUDGET#team#t1 1mo#2026-11 soft@8000000000', {
  scope: 'team',
  scope_id: 't1',
  label: `Grüße\n${'x'.repeat(200)}`,
})

async function published(notice: Published): Promise<PublishCommandInput> {
  const sent: PublishCommandInput[] = []
  const publish = async (input: PublishCommandInput) => void sent.push(input)
  await snsTopic({ publish, topicArn: 'arn:topic', wording: alertWording })(notice)
  const [input] = sent
  if (!input) throw new Error('nothing was published')
  return input
}

const attribute = (value: string) => ({ DataType: 'String', StringValue: value })

describe('snsTopic', () => {
  it('publishes what a filter policy can choose by, and a subject that SNS takes', async () => {
    const { MessageAttributes, Subject, TopicArn } = await published(message)

    expect(TopicArn).toBe('arn:topic')
    expect(MessageAttributes).toEqual({
      kind: attribute('soft'),
      level: attribute('warning'),
      scope: attribute('team'),
      scope_id: attribute('t1'),
      team_id: attribute('t1'),
      key_alias: attribute('svc-a'),
    })
    expect(Subject).toMatch(/^[\x20-\x7e]{1,100}$/)
  })

  it('has no attribute for what an alert has not, because SNS refuses an empty one', async () => {
    const { team_id: _team, key_alias: _alias, ...bare } = message

    expect(Object.keys((await published({ ...bare, scope_id: '' })).MessageAttributes ?? {})).toEqual([
      'kind',
      'level',
      'scope',
    ])
    expect(Object.keys((await published(reportOf())).MessageAttributes ?? {})).not.toContain('team_id')
  })

  it('says it to each kind of subscriber in its own words: people read text, functions the message', async () => {
    const { Message, MessageStructure } = await published(message)
    const byProtocol = JSON.parse(Message ?? '') as Record<string, string>

    expect(MessageStructure).toBe('json')
    expect(JSON.parse(byProtocol.default ?? '')).toEqual(message)
    expect(byProtocol.email).toBe(
      'Soft budget crossed: key svc-a has spent $8.02.\n\n(BUDGET#team#t1 1mo#2026-11 soft@8000000000)',
    )
    expect(JSON.parse(byProtocol.https ?? '')).toMatchObject({ version: '1.0', source: 'custom' })
    for (const value of Object.values(byProtocol)) expect(typeof value).toBe('string')
  })
})

describe('readNotice', () => {
  const alarm = (more: Record<string, string> = {}) =>
    JSON.stringify({ AlarmName: 'DeadLetters', NewStateValue: 'ALARM', AlarmDescription: 'redrive the queue', ...more })

  it('knows a message of ours, as published and as SNS hands it on', async () => {
    const { Message } = await published(message)

    expect(readNotice(JSON.stringify(message), 'm1')).toEqual(message)
    expect(readNotice(Message ?? '', 'm1')).toEqual(message)
  })

  it('makes words of an alarm, under an id that is the same for every copy of it', () => {
    const at = { StateChangeTime: '2026-11-21T12:00:00.000+0000' }

    expect(readNotice(alarm(at), 'm1')).toEqual({
      id: 'ALARM DeadLetters ALARM 2026-11-21T12:00:00.000+0000',
      kind: 'alarm',
      name: 'DeadLetters',
      state: 'alarm',
      text: 'DeadLetters is ALARM. redrive the queue',
    })
    expect(readNotice(alarm({ NewStateValue: 'OK' }), 'm2')).toMatchObject({
      state: 'ok',
      id: 'ALARM DeadLetters OK m2',
    })
  })

  it('hands on words that are nothing else', () => {
    expect(readNotice('plain words', 'm1')).toMatchObject({ id: 'NOTE m1', kind: 'alarm', text: 'plain words' })
  })
})

const record = (body: string) => ({ messageId: 'm1', body }) as Parameters<typeof toMessage>[0]

describe('toMessage', () => {
  it("opens EventBridge's envelope, and hands on what is none as it is", () => {
    const envelope = JSON.stringify({ source: 'purser', 'detail-type': 'spend.v1', detail: { id: 'a' } })

    expect(toMessage(record(envelope))).toEqual({ messageId: 'm1', body: { type: 'spend.v1', detail: { id: 'a' } } })
    expect(toMessage(record('poison'))).toEqual({ messageId: 'm1', body: 'poison' })
  })
})

import type { PublishCommandInput } from '@aws-sdk/client-sns'
import { describe, expect, it } from 'vitest'
import { toMessage } from '../../lib/aws/queue.ts'
import { readNotice, snsTopic } from '../../lib/aws/topic.ts'
import type { AlertMessage } from '../../lib/core/spend-event.ts'

const message: AlertMessage = {
  version: 1,
  id: 'BUDGET#team#t1|1mo#2026-11|soft@8000000000',
  kind: 'soft',
  scope: 'team',
  scope_id: 't1',
  label: `Grüße\n${'x'.repeat(200)}`,
  spent: 8_000_000_000,
  held: 0,
  unsettled: 0,
  window: '1mo#2026-11',
  text: 'Soft budget crossed',
}

describe('snsTopic', () => {
  it('publishes what a filter policy can choose by, and a subject that SNS takes', async () => {
    const sent: PublishCommandInput[] = []
    const publish = async (input: PublishCommandInput) => void sent.push(input)

    await snsTopic({ publish, topicArn: 'arn:topic' })(message)

    expect(sent[0]).toMatchObject({
      TopicArn: 'arn:topic',
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'soft' },
        scope: { DataType: 'String', StringValue: 'team' },
        scope_id: { DataType: 'String', StringValue: 't1' },
      },
    })
    expect(JSON.parse(sent[0]?.Message ?? '')).toEqual(message)
    expect(sent[0]?.Subject).toMatch(/^[\x20-\x7e]{1,100}$/)
  })
})

describe('readNotice', () => {
  it('knows an alert of ours, and turns an alarm into words', () => {
    const alarm = JSON.stringify({
      AlarmName: 'DeadLetters',
      NewStateValue: 'ALARM',
      AlarmDescription: 'redrive the queue',
    })

    expect(readNotice(JSON.stringify(message))).toEqual({ alert: message })
    expect(readNotice(alarm)).toEqual({ words: 'DeadLetters is ALARM. redrive the queue' })
    expect(readNotice('plain words')).toEqual({ words: 'plain words' })
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

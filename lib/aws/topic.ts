import type { PublishCommandInput } from '@aws-sdk/client-sns'
import { isObject, stringOf, tryParse } from '../core/json.ts'
import type { AlarmMessage, Notice } from '../core/notice.ts'
import { sdkPatience } from './sdk-dynamo.ts'

/** How a message reads to each kind of subscriber; made by whoever knows the words. */
export type Wording = { subject: string; email: string; https: string; level: string }

/** What the system itself publishes; alarms are published by CloudWatch. */
export type Published = Exclude<Notice, AlarmMessage>

/**
 * Alerts and reports to an SNS topic, one publication for all: e-mail gets words, HTTPS (which is how Amazon Q Developer
 * listens) a chat notification, functions and queues the message itself. What a subscription's filter policy can choose by
 * are attributes. The subject is what an e-mail shows: ASCII, at most 100 characters (SNS refuses others).
 */
export function snsTopic(options: {
  publish: (input: PublishCommandInput) => Promise<unknown>
  topicArn: string
  wording: (message: Published) => Wording
}): (message: Published) => Promise<void> {
  return async (message) => {
    const { subject, email, https, level } = options.wording(message)
    await options.publish({
      TopicArn: options.topicArn,
      Subject: subject.replace(/[^\x20-\x7e]/g, '?').slice(0, 100),
      MessageStructure: 'json',
      Message: JSON.stringify({ default: JSON.stringify(message), email, https }),
      MessageAttributes: attributesOf(message, level),
    })
  }
}

/** A value must not be empty; an alert without a team has no `team_id`, so a team's filter leaves it out. */
function attributesOf(message: Published, level: string): NonNullable<PublishCommandInput['MessageAttributes']> {
  const { kind, scope, scope_id } = message
  const owners =
    message.kind === 'report' || message.kind === 'canary'
      ? {}
      : { team_id: message.team_id, key_alias: message.key_alias }
  const all = { kind, level, scope, scope_id, ...owners }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      value ? [[name, { DataType: 'String', StringValue: value }] as const] : [],
    ),
  )
}

/** `publish` with the SDK's client, loaded at the first alert. */
export function publishToSns(): (input: PublishCommandInput) => Promise<unknown> {
  let client: Promise<(input: PublishCommandInput) => Promise<unknown>> | undefined
  return async (input) => {
    client ??= import('@aws-sdk/client-sns').then((sdk) => {
      // The SDK repeats what got no answer: a copy has the same id, and is known by it. It must only not wait for ever.
      const sns = new sdk.SNSClient({ requestHandler: sdkPatience.requestHandler })
      return (request: PublishCommandInput) => sns.send(new sdk.PublishCommand(request))
    })
    return (await client)(input)
  }
}

/**
 * What came over the topic, as it was published or as SNS hands it on: a message of ours, an alarm of CloudWatch's, or mere
 * words. `messageId` is SNS's, for what has no id of its own.
 */
export function readNotice(text: string, messageId: string): Notice {
  const value = tryParse(text)
  if (!isObject(value)) return { id: `NOTE ${messageId}`, kind: 'alarm', name: messageId, state: 'alarm', text }
  if (typeof value.default === 'string') return readNotice(value.default, messageId)
  if (value.version === 1 && typeof value.id === 'string' && typeof value.text === 'string')
    return value as unknown as Notice
  const name = stringOf(value.AlarmName)
  if (name === undefined) return { id: `NOTE ${messageId}`, kind: 'alarm', name: messageId, state: 'alarm', text }
  const state = stringOf(value.NewStateValue) ?? 'changed'
  return {
    id: `ALARM ${name} ${state} ${stringOf(value.StateChangeTime) ?? messageId}`,
    kind: 'alarm',
    name,
    state: state === 'OK' ? 'ok' : 'alarm',
    text: `${name} is ${state}. ${stringOf(value.AlarmDescription) ?? stringOf(value.NewStateReason) ?? ''}`,
  }
}

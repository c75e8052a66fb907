import type { PublishCommandInput } from '@aws-sdk/client-sns'
import { isObject, stringOf, tryParse } from '../core/json.ts'
import type { AlertMessage } from '../core/spend-event.ts'

/**
 * Alerts to an SNS topic. `kind`, `scope` and `scope_id` are attributes too, so that a subscription's filter policy can let
 * a team see its own alerts alone. The subject is what an e-mail shows: ASCII, at most 100 characters (SNS refuses others).
 */
export function snsTopic(options: {
  publish: (input: PublishCommandInput) => Promise<unknown>
  topicArn: string
}): (message: AlertMessage) => Promise<void> {
  return async (message) => {
    await options.publish({
      TopicArn: options.topicArn,
      Subject: `Purser: ${message.kind} budget alert for ${message.scope} ${message.label}`
        .replace(/[^\x20-\x7e]/g, '?')
        .slice(0, 100),
      Message: JSON.stringify(message),
      MessageAttributes: {
        kind: attribute(message.kind),
        scope: attribute(message.scope),
        scope_id: attribute(message.scope_id),
      },
    })
  }
}

const attribute = (value: string) => ({ DataType: 'String', StringValue: value })

/** `publish` with the SDK's client, loaded at the first alert. */
export function publishToSns(): (input: PublishCommandInput) => Promise<unknown> {
  let client: Promise<(input: PublishCommandInput) => Promise<unknown>> | undefined
  return async (input) => {
    client ??= import('@aws-sdk/client-sns').then((sdk) => {
      const sns = new sdk.SNSClient()
      return (request: PublishCommandInput) => sns.send(new sdk.PublishCommand(request))
    })
    return (await client)(input)
  }
}

/** What came over the topic: an alert of ours, or the words of anything else (an alarm of CloudWatch's). */
export function readNotice(text: string): { alert: AlertMessage } | { words: string } {
  const value = tryParse(text)
  if (!isObject(value)) return { words: text }
  if (value.version === 1 && typeof value.id === 'string' && typeof value.text === 'string')
    return { alert: value as unknown as AlertMessage }
  const [name, state] = [stringOf(value.AlarmName), stringOf(value.NewStateValue)]
  if (name === undefined) return { words: text }
  return {
    words: `${name} is ${state ?? 'changed'}. ${stringOf(value.AlarmDescription) ?? stringOf(value.NewStateReason) ?? ''}`,
  }
}

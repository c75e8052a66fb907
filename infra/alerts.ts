import { CfnOutput, Duration, type Stack, Validations } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription, LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { chat, teamSubscriptions } from './alerts-people.ts'
import { type Door, door } from './functions.ts'
import { undeliveredTo } from './queues.ts'
import type { Settings } from './settings.ts'
import { mayReadSecret, mayWrite, secretNamed, type Store } from './store.ts'

/** One topic for budgets, alarms and reports; whoever wants less filters by the attributes kind, level, scope, scope_id and team_id. */
export function alertTopic(stack: Stack): Topic {
  const topic = new Topic(stack, 'AlertsTopic', { displayName: 'Purser', enforceSSL: true })
  // A topic with a policy loses the default one, by which CloudWatch was allowed to publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  )
  new CfnOutput(stack, 'AlertsTopicArn', { value: topic.topicArn, description: 'subscribe teams here' })
  return topic
}

export type Alerts = Door & { undelivered: Queue }

/**
 * Brings what comes to the topic to Slack, PagerDuty and webhooks, as far as the secret names them; chat by Amazon Q, e-mail
 * and teams listen at the topic themselves. What somebody does not take in three tries is kept, with an alarm.
 */
export function alerts(stack: Stack, settings: Settings, parts: Store & { topic: Topic }): Alerts {
  const own = settings.slackSecret
  const secret = own === undefined ? parts.secret : secretNamed(stack, 'SlackSecret', own)
  const made = door(stack, 'alerts', {
    config: settings.config,
    description: 'Purser: alerts to people',
    timeoutSeconds: 30,
    environment: { SECRET: secret.id, TABLE: parts.table.tableName },
    // Who was told what; nothing is read.
    may: [mayReadSecret(secret), mayWrite(parts.table, ['UpdateItem'], ['ALERT'])],
  })
  const undelivered = new Queue(stack, 'UndeliveredAlerts', { retentionPeriod: Duration.days(14), enforceSSL: true })
  Validations.of(undelivered).acknowledge({
    id: 'AwsSolutions-SQS3',
    reason: 'It is where failed deliveries end, and has an alarm of its own.',
  })
  made.fn.configureAsyncInvoke({ retryAttempts: 2, onFailure: undeliveredTo(undelivered) })
  parts.topic.addSubscription(new LambdaSubscription(made.fn))
  if (settings.alertEmail !== undefined) parts.topic.addSubscription(new EmailSubscription(settings.alertEmail))
  teamSubscriptions(parts.topic, settings)
  chat(stack, settings, parts.topic)
  return { ...made, undelivered }
}

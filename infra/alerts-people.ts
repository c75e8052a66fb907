import type { Stack } from 'aws-cdk-lib'
import { LoggingLevel, SlackChannelConfiguration } from 'aws-cdk-lib/aws-chatbot'
import { Effect, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { SubscriptionFilter, type Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription, UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Settings } from './settings.ts'

/**
 * Each team hears of its own budget and those of its keys, by `team_id`. A new filter takes up to 15 minutes to be in
 * force, and every subscriber is asked by AWS for his confirmation first.
 */
export function teamSubscriptions(topic: Topic, { alertTeams = [], alertEmail }: Settings): void {
  // SNS has one subscription per address: one that serves several teams gets them in one filter, one that gets all has all.
  const byAddress = Map.groupBy(alertTeams, (one) => ('email' in one ? one.email : one.https))
  for (const [address, of] of byAddress) {
    if (address === alertEmail) continue
    const filterPolicy = {
      team_id: SubscriptionFilter.stringFilter({ allowlist: [...new Set(of.map(({ team }) => team))] }),
    }
    topic.addSubscription(
      address.startsWith('https://')
        ? new UrlSubscription(address, { filterPolicy })
        : new EmailSubscription(address, { filterPolicy }),
    )
  }
}

/**
 * A Slack channel by Amazon Q Developer in chat applications, which listens at the topic. It is there to talk, not to act:
 * its role may nothing, and the guardrail denies everything, because without one CDK sets AdministratorAccess as the most
 * that people in the channel could ask for. Alerts and the pictureless form of alarms need no rights.
 */
export function chat(stack: Stack, { chatWorkspace, chatChannel }: Settings, topic: Topic): void {
  if (chatWorkspace === undefined || chatChannel === undefined) return
  const guardrail = new ManagedPolicy(stack, 'ChatGuardrail', {
    description: 'Purser: nothing can be done from the alerts channel',
    statements: [new PolicyStatement({ effect: Effect.DENY, actions: ['*'], resources: ['*'] })],
  })
  new SlackChannelConfiguration(stack, 'Chat', {
    slackChannelConfigurationName: stack.stackName,
    slackWorkspaceId: chatWorkspace,
    slackChannelId: chatChannel,
    notificationTopics: [topic],
    guardrailPolicies: [guardrail],
    role: new Role(stack, 'ChatRole', { assumedBy: new ServicePrincipal('chatbot.amazonaws.com') }),
    loggingLevel: LoggingLevel.ERROR,
  })
}

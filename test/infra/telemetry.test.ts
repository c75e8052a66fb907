import { App, Validations } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks } from 'cdk-nag'
import { describe, expect, it } from 'vitest'
import { defaultFields } from '../../infra/settings-fields.ts'
import type { Settings } from '../../infra/settings.ts'
import { purser } from '../../infra/stack.ts'
import type { Config } from '../../lib/core/config.ts'
import { listOf, objectOf, stringOf } from '../../lib/core/json.ts'

const config = { deployments: [], environment: {}, masterKey: { env: 'PURSER_MASTER_KEY' } } as unknown as Config
const collector = 'https://collector.example.com:4318'

function made(over: Partial<Settings> = {}) {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  const stack = purser(app, { ...defaultFields, configFile: 'config.yaml', config, ...over })
  return { app, template: Template.fromStack(stack) }
}

const { app, template } = made({ otlp: collector })

describe('without a collector', () => {
  it('there is no function, no queue and no rule for one', () => {
    const resources = Object.keys(objectOf(made().template.toJSON().Resources))

    expect(resources.filter((id) => id.startsWith('Telemetry'))).toEqual([])
  })
})

describe('with a collector', () => {
  it('every spend event goes to a queue of its own, beside the one of the aggregator', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { source: ['purser'], 'detail-type': ['spend.v1', 'content.v1'] },
      Targets: [
        Match.objectLike({
          Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^TelemetryQueue'), 'Arn'] },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^TelemetryDeadLetters'), 'Arn'] } },
        }),
      ],
    })
  })

  it('is tried for hours before the dead letters, and fails single messages', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      RedrivePolicy: {
        maxReceiveCount: 100,
        deadLetterTargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^TelemetryDeadLetters'), 'Arn'] },
      },
      VisibilityTimeout: 360,
    })
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^TelemetryQueue'), 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 5 },
    })
  })

  it('is told where it is, and the function may read the secret and its queue, and nothing else', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({ OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_SERVICE_NAME: 'Purser' }),
      },
    })
    const [, policy] =
      Object.entries(template.findResources('AWS::IAM::Policy')).find(([id]) => id.startsWith('TelemetryRole')) ?? []
    const statements = listOf(objectOf(objectOf(policy?.Properties).PolicyDocument).Statement).map(objectOf)
    const actions = statements.flatMap(({ Action }) => [Action].flat().map((action) => stringOf(action) ?? ''))

    expect(new Set(actions.map((action) => action.split(':')[0]))).toEqual(new Set(['logs', 'secretsmanager', 'sqs']))
    expect(actions.filter((action) => action.startsWith('sqs:Send'))).toEqual([])
    expect(JSON.stringify(statements.map(({ Resource }) => Resource))).not.toContain('*')
  })

  it('has an alarm for what it never took', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmDescription: Match.stringLikeRegexp('collector'),
      Dimensions: [
        { Name: 'QueueName', Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^TelemetryDeadLetters'), 'QueueName'] } },
      ],
    })
  })

  it('leaves cdk-nag nothing to say', () => {
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))

    expect(() => app.synth()).not.toThrow()
  })
})

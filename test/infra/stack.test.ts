import { App, Validations } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks } from 'cdk-nag'
import { describe, expect, it } from 'vitest'
import { defaultFields } from '../../infra/settings-fields.ts'
import type { Settings } from '../../infra/settings.ts'
import { purser } from '../../infra/stack.ts'
import { objectOf } from '../../lib/core/json.ts'
import type { Config } from '../../lib/core/config.ts'

const config = { deployments: [], environment: {}, masterKey: { env: 'PURSER_MASTER_KEY' } } as unknown as Config

const settings: Settings = {
  ...defaultFields,
  configFile: 'config.yaml',
  config,
}

/** The code is not bundled here: these tests are about the template. */
function made(over: Partial<Settings> = {}) {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  const stack = purser(app, { ...settings, ...over })
  return { app, stack }
}

const template = Template.fromStack(made().stack)

type Statement = { Action: string | string[]; Resource: unknown; Condition?: Record<string, Record<string, unknown>> }

/** What a function may do, from the policy of its role. */
function statementsOf(door: string, from = template): Statement[] {
  const policies = Object.entries(from.findResources('AWS::IAM::Policy'))
  const [, policy] = policies.find(([id]) => id.startsWith(`${door}Role`)) ?? []
  const document = objectOf(objectOf(policy?.Properties).PolicyDocument)
  return document.Statement as unknown as Statement[]
}

const actionsOf = (statement: Statement): string[] => [statement.Action].flat()
const writes = /^dynamodb:(Put|Update|Delete|BatchWrite|Transact|PartiQL|\*)/

/** Partition keys that a function may write, by action. */
function writable(door: string): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const statement of statementsOf(door))
    for (const action of actionsOf(statement).filter((name) => writes.test(name)))
      found[action] = [
        ...(found[action] ?? []),
        ...((statement.Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] as string[]) ?? ['everything']),
      ].sort()
  return found
}

const may = (door: string) => Object.values(writable(door)).flat()
const secrets = (door: string) => statementsOf(door).filter((s) => actionsOf(s).join().includes('secretsmanager'))

describe('the table', () => {
  it('outlives the stack, keeps a history of itself and forgets by ttl', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      },
    })
  })
})

describe('what a function may do', () => {
  it('lets the gateway take money, keep turns and use the outbox, and change no key', () => {
    expect(writable('Gateway')).toEqual({
      'dynamodb:PutItem': ['BUDGET#*', 'SEAL#*', 'TURN#*'],
      'dynamodb:DeleteItem': ['TURN#*'],
      'dynamodb:UpdateItem': ['BUDGET#*', 'OUTBOX#*', 'ROUTE#*'],
    })
  })

  it('lets nobody write without naming a partition', () => {
    for (const door of ['Gateway', 'Admin', 'Spend', 'Alerts'])
      for (const statement of statementsOf(door))
        if (actionsOf(statement).some((name) => writes.test(name)))
          expect(statement.Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys']).toBeDefined()
  })

  it('keeps the ledger to the aggregator, and records to the management function', () => {
    expect(may('Spend').filter((key) => /KEY|TEAM|USER|TOKEN|GLOBAL|ALIAS|LIST/.test(key))).toEqual([])
    expect(may('Admin').filter((key) => /LEDGER|ROLLUP/.test(key))).toEqual([])
    expect(writable('Alerts')).toEqual({ 'dynamodb:UpdateItem': ['ALERT#*'] })
  })

  it('has no wildcard among actions or resources, and no policy of AWS on our roles', () => {
    for (const door of ['Gateway', 'Admin', 'Spend', 'Alerts'])
      for (const statement of statementsOf(door)) {
        expect(actionsOf(statement).join()).not.toContain('*')
        expect(JSON.stringify(statement.Resource)).not.toContain('*')
      }
    for (const role of Object.values(template.findResources('AWS::IAM::Role')))
      expect(objectOf(role.Properties).ManagedPolicyArns).toBeUndefined()
  })

  it('reads exactly one secret, and spend none', () => {
    expect(JSON.stringify(secrets('Gateway'))).toContain('secret:Purser-??????')
    expect(secrets('Gateway')).toEqual([
      {
        Action: 'secretsmanager:GetSecretValue',
        Effect: 'Allow',
        Resource: expect.anything() as unknown,
      },
    ])
    expect(secrets('Spend')).toEqual([])
  })
})

describe('the functions', () => {
  it('run on Node 24 on arm64, and log into groups that forget', () => {
    const ours = Object.values(template.findResources('AWS::Lambda::Function')).filter(
      (fn) => objectOf(fn.Properties).Handler === 'index.handler',
    )

    expect(ours).toHaveLength(4)
    for (const fn of ours)
      expect(fn.Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], MemorySize: 256 })
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 })
  })

  it('stream from the gateway, and buffer from the management function', () => {
    template.hasResourceProperties('AWS::Lambda::Url', { AuthType: 'NONE', InvokeMode: 'RESPONSE_STREAM' })
    template.hasResourceProperties('AWS::Lambda::Url', { AuthType: 'NONE', InvokeMode: 'BUFFERED' })
  })

  it('may be called through their URLs, which needs two permissions each', () => {
    const actions = Object.values(template.findResources('AWS::Lambda::Permission'))
      .map((permission) => objectOf(permission.Properties))
      .filter(({ Principal }) => Principal === '*')
      .map(({ Action }) => Action)

    expect(actions.map(String).sort()).toEqual([
      'lambda:InvokeFunction',
      'lambda:InvokeFunction',
      'lambda:InvokeFunctionUrl',
      'lambda:InvokeFunctionUrl',
    ])
  })

  it('have the management function asked at every deployment of another config', () => {
    template.hasResourceProperties('AWS::CloudFormation::CustomResource', {
      ServiceToken: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Admin'), 'Arn'] },
      Config: Match.stringLikeRegexp('^[0-9a-f]{64}$'),
      ServiceTimeout: 120,
    })
  })
})

describe('from bus to ledger', () => {
  it('hands every event of ours to the queue, and what it cannot deliver to the dead letters', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { source: ['purser'], 'detail-type': ['spend.v1', 'look.v1'] },
      Targets: [Match.objectLike({ DeadLetterConfig: { Arn: Match.anyValue() } })],
    })
    template.hasResourceProperties('AWS::SQS::Queue', {
      RedrivePolicy: { maxReceiveCount: 10 },
      VisibilityTimeout: 180,
      MessageRetentionPeriod: 1_209_600,
    })
  })

  it('lets only the rule send to the queue', () => {
    const policies = Object.values(template.findResources('AWS::SQS::QueuePolicy')).map((policy) =>
      JSON.stringify(policy.Properties),
    )

    expect(policies.some((text) => text.includes('events.amazonaws.com') && text.includes('aws:SourceArn'))).toBe(true)
    for (const text of policies) expect(text).toContain('"aws:SecureTransport":"false"')
  })

  it('fails single messages of a batch, not all of it', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 100,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    })
  })

  it('empties the outbox every minute and sweeps every night', () => {
    const inputs = Object.values(template.findResources('AWS::Scheduler::Schedule')).map((schedule) => {
      const { ScheduleExpression, Target } = objectOf(schedule.Properties)
      return [ScheduleExpression, objectOf(Target).Input]
    })

    expect(inputs).toEqual(
      expect.arrayContaining([
        ['rate(1 minute)', '{"task":"relay"}'],
        ['cron(17 3 * * ? *)', '{"task":"sweep"}'],
      ]),
    )
  })
})

describe('alarms', () => {
  it('may publish to the topic, although its policy replaces the one that every topic has', () => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
          }),
        ]),
      },
    })
  })
})

describe('settings', () => {
  it('use a secret that exists, by its name', () => {
    const other = Template.fromStack(made({ secret: 'team/llm-keys' }).stack)
    const resource = JSON.stringify(statementsOf('Gateway', other).find((s) => actionsOf(s).join().includes('secrets')))

    other.resourceCountIs('AWS::SecretsManager::Secret', 0)
    expect(resource).toContain('secret:team/llm-keys-??????')
  })

  it('give alerts a secret of their own, and an e-mail address', () => {
    const other = Template.fromStack(made({ slackSecret: 'slack', alertEmail: 'ops@example.com' }).stack)
    const alerts = JSON.stringify(statementsOf('Alerts', other))

    expect(alerts).toContain('secret:slack-??????')
    expect(alerts).not.toContain('secret:Purser')
    other.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.com' })
  })
})

describe('cdk-nag', () => {
  it('has nothing to say', () => {
    const { app } = made()
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))

    expect(() => app.synth()).not.toThrow()
  })
})

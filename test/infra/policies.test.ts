import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { defaultFields } from '../../infra/settings-fields.ts'
import type { Settings } from '../../infra/settings.ts'
import { purser } from '../../infra/stack.ts'
import { keys } from '../../lib/aws/schema.ts'
import { listOf, objectOf } from '../../lib/core/json.ts'
import { coverage, notEnforced } from '../deploy/coverage.ts'
import { modelsOfAws } from '../support/aws-models.ts'
import { config, deployment } from '../support/configuration.ts'
import { allows, type Statement } from '../support/iam.ts'
import { rightsOf } from '../support/rights.ts'
import { arnOf, resolve, rolesOf } from '../support/template.ts'

/** The code is not bundled here: these tests are about rights. */
function templateOf(over: Partial<Settings> = {}): Template {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  return Template.fromStack(purser(app, { ...defaultFields, configFile: 'config.yaml', config: config(), ...over }))
}

const template = templateOf({ otlp: 'https://collector.example.com:4318' })
const roles = rolesOf(template)
const idOf = (type: string, prefix: string) =>
  Object.keys(template.findResources(type)).find((id) => id.startsWith(prefix)) ?? `no ${type} ${prefix}`
const roleOf = (prefix: string): Statement[] => {
  const [, statements] = Object.entries(roles).find(([id]) => id.startsWith(prefix)) ?? []
  if (!statements) throw new Error(`no role ${prefix}`)
  return statements
}

const table = arnOf(idOf('AWS::DynamoDB::Table', 'Table'))
const gateway = roleOf('GatewayRole')
const may = (action: string, resource: string, pks?: string[]) =>
  allows(gateway, { action, resource, ...(pks && { context: { 'dynamodb:LeadingKeys': pks } }) })

const writes = [
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'PartiQLInsert',
  'PartiQLUpdate',
  'PartiQLDelete',
]
const budget = keys.budget('key', 'k')
const notMoney = {
  'a key': keys.record('key', 'k').pk,
  'a team': keys.record('team', 't').pk,
  'a user': keys.record('user', 'u').pk,
  "the gateway's own budget": keys.record('global', '-').pk,
  'the hash of a key': keys.token('h').pk,
  'an alias': keys.alias('a').pk,
  'a list of keys': keys.listing('key', 0, 'k').pk,
  'the ledger': keys.ledger('2026-11-21', '0abcd0000000000').pk,
  'a roll-up': keys.rollup('key', 'k', '2026-11-21').pk,
}

describe("the data plane's role", () => {
  it('takes money from budgets, keeps events in the outbox and reads records', () => {
    expect(may('dynamodb:UpdateItem', table, [budget])).toBe(true)
    expect(may('dynamodb:PutItem', table, [budget])).toBe(true)
    expect(may('dynamodb:UpdateItem', table, [keys.outbox(0, 'x').pk])).toBe(true)
    expect(may('dynamodb:UpdateItem', table, [keys.route().pk])).toBe(true)
    expect(may('dynamodb:GetItem', table, [keys.record('key', 'k').pk])).toBe(true)
  })

  it.each(Object.entries(notMoney))('cannot write %s, by no action, alone or beside a budget', (_, pk) => {
    const allowed = writes.filter(
      (action) => may(`dynamodb:${action}`, table, [pk]) || may(`dynamodb:${action}`, table, [budget, pk]),
    )

    expect(allowed).toEqual([])
  })

  it('removes nothing, and lists nothing', () => {
    for (const action of ['DeleteItem', 'Query', 'Scan', 'BatchGetItem', 'ExportTableToPointInTime', 'DeleteTable'])
      expect([action, may(`dynamodb:${action}`, table, [budget])]).toEqual([action, false])
  })

  it.each(['GetItem', 'BatchGetItem', 'Query', 'Scan', ...writes])('cannot %s in another table', (action) => {
    for (const other of [arnOf('Other'), `${table}2`, `${table}/index/all`, '*'])
      expect(may(`dynamodb:${action}`, other, [budget])).toBe(false)
  })

  it('reads one secret, and changes none', () => {
    const secret = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`
    const read = 'secretsmanager:GetSecretValue'

    expect(may(read, secret('Purser-AbCdEf'))).toBe(true)
    for (const other of ['Purser2-AbCdEf', 'Purser-keys-AbCdEf', 'Other-AbCdEf', 'a/Purser-AbCdEf', 'Purser', '*'])
      expect([other, may(read, secret(other))]).toEqual([other, false])
    for (const action of ['PutSecretValue', 'UpdateSecret', 'DeleteSecret', 'ListSecrets', 'RotateSecret'])
      expect(may(`secretsmanager:${action}`, secret('Purser-AbCdEf'))).toBe(false)
  })

  it('reads the secret that a setting names instead, and no longer the other', () => {
    const [, statements] =
      Object.entries(rolesOf(templateOf({ secret: 'team/keys' }))).find(([id]) => id.startsWith('Gateway')) ?? []
    const action = 'secretsmanager:GetSecretValue'
    const secret = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-AbCdEf`

    expect(allows(statements ?? [], { action, resource: secret('team/keys') })).toBe(true)
    expect(allows(statements ?? [], { action, resource: secret('Purser') })).toBe(false)
  })

  it('has no right over roles, functions, topics, queues or keys', () => {
    for (const action of [
      'iam:PassRole',
      'sts:AssumeRole',
      'lambda:InvokeFunction',
      'sns:Publish',
      'sqs:SendMessage',
      'kms:Decrypt',
    ])
      for (const resource of ['*', table, arnOf(idOf('AWS::Lambda::Function', 'Admin')), arnOf('AlertsTopic')])
        expect(may(action, resource)).toBe(false)
  })

  it('is the same on either kind of compute', () => {
    const web = Object.entries(rolesOf(templateOf({ compute: 'web-function' }))).find(([id]) =>
      id.startsWith('GatewayRole'),
    )

    expect(web?.[1]).toEqual(gateway)
  })
})

/** What runs only while CloudFormation deploys, written and kept by CDK. */
const cdkOwn = /^CustomS3ObjectCopy|^CustomCrossRegion|^CustomS3AutoDelete/

describe('every role', () => {
  it.each<[string, Partial<Settings>]>([
    ['as it comes', {}],
    ['with a collector', { otlp: 'https://collector.example.com:4318' }],
    ['as a web function', { compute: 'web-function' }],
    ['with IAM callers', { iam: true }],
    ['with a front', { front: true }],
    ['with models of AWS', { config: config({ deployments: modelsOfAws }) }],
    ['with a canary', { config: config({ deployments: [deployment({ group: 'tried', canary: 0.1 })] }) }],
  ])('has no right that no scenario of the deployed stack needs: %s', (_, over) => {
    const all = Object.entries(rolesOf(templateOf(over))).filter(([id]) => !cdkOwn.test(id))
    const rights = all.flatMap(([id, statements]) => rightsOf(statements).map(({ right }) => ({ id, right })))
    const unaccounted = rights.filter(({ id, right }) => {
      const covered = Object.entries(coverage).find(([role]) => id.startsWith(role))?.[1] ?? {}
      return !(right in covered) && !notEnforced.some((one) => one.role.test(id) && one.right === right)
    })

    expect(rights.length).toBeGreaterThan(30)
    expect(unaccounted).toEqual([])
  })
})

/** The resources that a role has this action on. */
const resourcesFor = (role: string, action: string): string[] =>
  roleOf(role)
    .filter(({ actions }) => actions.includes(action))
    .flatMap(({ resources }) => resources)

describe('what the emulator does not enforce', () => {
  it.each(['Gateway', 'Admin', 'Spend', 'Alerts', 'Telemetry'])('%s writes its own log and no other', (door) => {
    const group = idOf('AWS::Logs::LogGroup', `${door}Logs`)

    for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents'])
      expect(resourcesFor(`${door}Role`, action)).toEqual([arnOf(group)])
  })

  it.each([
    ['Spend', 'SpendQueue'],
    ['Telemetry', 'TelemetryQueue'],
  ])('%s polls the one queue that is its own', (door, queue) => {
    const own = arnOf(idOf('AWS::SQS::Queue', queue))
    const mapped = Object.values(template.findResources('AWS::Lambda::EventSourceMapping')).map((mapping) =>
      resolve(objectOf(mapping.Properties).EventSourceArn),
    )

    for (const action of ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'])
      expect(resourcesFor(`${door}Role`, action)).toEqual([own])
    expect(mapped).toContain(own)
  })

  it('keeps undelivered alerts in one queue', () => {
    expect(resourcesFor('AlertsRole', 'sqs:SendMessage')).toEqual([arnOf(idOf('AWS::SQS::Queue', 'UndeliveredAlerts'))])
  })

  it('lets the scheduler invoke the aggregator alone, and nobody but this account be the scheduler', () => {
    const [id = ''] = Object.keys(roles).filter((name) => name.startsWith('ScheduleRole'))
    const trust = objectOf(template.findResources('AWS::IAM::Role')[id]?.Properties).AssumeRolePolicyDocument

    expect(resourcesFor('ScheduleRole', 'lambda:InvokeFunction')).toEqual([
      arnOf(idOf('AWS::Lambda::Function', 'Spend')),
    ])
    expect(listOf(objectOf(resolve(trust)).Statement)).toEqual([
      {
        Action: 'sts:AssumeRole',
        Effect: 'Allow',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } },
      },
    ])
  })

  it('lets topic and URLs invoke functions, and nobody else', () => {
    const allowed = Object.values(template.findResources('AWS::Lambda::Permission')).map(
      (permission) => resolve(permission.Properties) as Record<string, unknown>,
    )
    const open = allowed.filter(({ Principal }) => Principal === '*')
    const rest = allowed.filter(({ Principal }) => Principal !== '*')

    // The one through a URL alone: nobody can send a function an event of another making.
    expect(open.every((one) => one.FunctionUrlAuthType === 'NONE' || one.InvokedViaFunctionUrl === true)).toBe(true)
    expect(rest).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        Principal: 'sns.amazonaws.com',
        FunctionName: arnOf(idOf('AWS::Lambda::Function', 'Alerts')),
        SourceArn: arnOf(idOf('AWS::SNS::Topic', 'AlertsTopic')),
      },
    ])
  })
})

import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { stackOf } from '../../../infra/cli/admin-stack.ts'
import { defaultFields } from '../../../infra/settings-fields.ts'
import { purser } from '../../../infra/stack.ts'
import type { Config } from '../../../lib/core/config.ts'

const config = { deployments: [], environment: {}, masterKey: { env: 'PURSER_MASTER_KEY' } } as unknown as Config
const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
const template = Template.fromStack(purser(app, { ...defaultFields, configFile: 'config.yaml', config }))

/** What CloudFormation would list of the deployed template. */
const listed = Object.entries(template.toJSON().Resources as Record<string, { Type: string }>).map(
  ([id, { Type }]) => ({
    LogicalResourceId: id,
    PhysicalResourceId: `physical ${id}`,
    ResourceType: Type,
    LastUpdatedTimestamp: undefined,
    ResourceStatus: undefined,
  }),
)

const outputs = [{ OutputKey: 'TableName', OutputValue: 'physical Table' }]

describe('--stack', () => {
  it('finds every part of our own stack by its logical id', () => {
    const { name, ...parts } = stackOf('Purser', listed, outputs)

    expect(name).toBe('Purser')
    expect(Object.values(parts).map((id) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual([
      'physical Table',
      'physical Bus',
      'physical SpendQueue',
      'physical DeadLetters',
      'physical UndeliveredAlerts',
    ])
  })

  it('says what is missing of a stack that is not ours', () => {
    const other = listed.filter(({ LogicalResourceId }) => !LogicalResourceId.startsWith('DeadLetters'))

    expect(() => stackOf('Other', other, outputs)).toThrow('Stack Other has no AWS::SQS::Queue DeadLetters. Remedy:')
  })
})

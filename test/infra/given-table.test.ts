import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { expect, test } from 'vitest'
import { defaultFields } from '../../infra/settings-fields.ts'
import { purser } from '../../infra/stack.ts'
import type { Config } from '../../lib/core/config.ts'

const config = { deployments: [], environment: {}, masterKey: { env: 'PURSER_MASTER_KEY' } } as unknown as Config

const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
const settings = { ...defaultFields, configFile: 'config.yaml', config, table: 'Purser-restored' }
const template = Template.fromStack(purser(app, settings))

test('a table that was restored is used instead of a new one, by functions and policies alike', () => {
  const functions = JSON.stringify(template.findResources('AWS::Lambda::Function'))
  const policies = JSON.stringify(template.findResources('AWS::IAM::Policy'))

  template.resourceCountIs('AWS::DynamoDB::Table', 0)
  template.hasOutput('TableName', { Value: 'Purser-restored' })
  expect(functions.match(/"TABLE":"Purser-restored"/g)?.length).toBeGreaterThanOrEqual(3)
  expect(policies).toContain(':table/Purser-restored')
})

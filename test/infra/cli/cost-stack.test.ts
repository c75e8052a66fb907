import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { expect, test } from 'vitest'
import { purserLines } from '../../../infra/cli/cost-model.ts'
import { defaultFields } from '../../../infra/settings-fields.ts'
import { purser } from '../../../infra/stack.ts'
import type { Config } from '../../../lib/core/config.ts'

const config = { deployments: [], environment: {}, masterKey: { env: 'PURSER_MASTER_KEY' } } as unknown as Config
const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
const template = Template.fromStack(purser(app, { ...defaultFields, configFile: 'config.yaml', config }))

const counted = (type: string) => Object.keys(template.findResources(type)).length
const priced = (what: string) =>
  purserLines({ requests: 1, seconds: 1, tokens: 1 }).find((line) => line.what === what)?.units ?? 0

test('the model prices no fewer alarms than the stack has', () => {
  expect(counted('AWS::CloudWatch::Alarm')).toBeGreaterThan(0)
  expect(priced('alarms')).toBeGreaterThanOrEqual(counted('AWS::CloudWatch::Alarm'))
})

test.each([
  ['AWS::CloudWatch::Dashboard', 'dashboard'],
  ['AWS::SecretsManager::Secret', 'secret'],
])('the model prices as many of %s as the stack has', (type, what) => {
  expect(priced(what)).toBe(counted(type))
})

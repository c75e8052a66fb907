import { App, Validations } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks } from 'cdk-nag'
import { describe, expect, it } from 'vitest'
import { defaultFields, type FieldValues } from '../../infra/settings-fields.ts'
import { purser } from '../../infra/stack.ts'
import type { Config } from '../../lib/core/config.ts'
import { objectOf } from '../../lib/core/json.ts'

const config = { deployments: [], environment: {}, masterKey: { env: 'PURSER_MASTER_KEY' } } as unknown as Config

function made(compute: FieldValues['compute']) {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  return { app, stack: purser(app, { ...defaultFields, compute, configFile: 'config.yaml', config }) }
}

const [web, url] = (['web-function', 'function-url'] as const).map((compute) => Template.fromStack(made(compute).stack))

const rightsOf = (template: Template | undefined) =>
  Object.entries(template?.findResources('AWS::IAM::Policy') ?? {})
    .filter(([id]) => id.startsWith('GatewayRole'))
    .map(([, policy]) => objectOf(objectOf(policy.Properties).PolicyDocument).Statement)

describe('the data plane as a web function', () => {
  it('may do exactly what it may as a function URL', () => {
    expect(rightsOf(web)).toHaveLength(1)
    expect(rightsOf(web)).toEqual(rightsOf(url))
  })

  it('runs on Node 24 with 64 requests in an environment, for as long as a stream may take', () => {
    web?.hasResourceProperties('AWS::Lambda::WebFunctionRevision', {
      BuildConfig: { RuntimeConfig: { Runtime: 'nodejs24.x' } },
      ServiceConfig: {
        MaxConcurrencyPerEnvironment: 64,
        TimeoutSeconds: 900,
        EnvironmentVariables: { SECRET: 'Purser', TIMEOUT_SECONDS: '900' },
      },
    })
  })

  it('is open to everyone, since it checks keys itself, and is told nothing secret', () => {
    const [revision] = Object.values(web?.findResources('AWS::Lambda::WebFunctionRevision') ?? {})
    const { EnvironmentVariables } = objectOf(objectOf(objectOf(revision).Properties).ServiceConfig)

    web?.hasResourceProperties('AWS::Lambda::WebFunctionEndpoint', { AuthType: 'ApplicationManaged' })
    expect(JSON.stringify(EnvironmentVariables)).not.toContain('resolve:secretsmanager')
  })

  it('has a name of its own in each region, where an account may have one only', () => {
    const [fn] = Object.values(web?.findResources('AWS::Lambda::WebFunction') ?? {})

    expect(JSON.stringify(objectOf(fn).Properties)).toContain('AWS::Region')
  })

  it('prints its URL, writes into a log that forgets, and is watched', () => {
    const outputs = web?.findOutputs('GatewayUrl') ?? {}
    const alarms = web?.findResources('AWS::CloudWatch::Alarm') ?? {}

    expect(JSON.stringify(outputs)).toMatch(/https:\/\/.*GatewayEndpoint.*DomainName/)
    expect(Object.keys(alarms)).toEqual(expect.arrayContaining([expect.stringMatching(/^GatewayAlarm/)]))
    web?.hasResourceProperties('AWS::Logs::MetricFilter', {
      FilterPattern: '{ ($.crashed IS TRUE) || ($.record.status = "failure") }',
    })
  })

  it('leaves no function URL to the data plane', () => {
    web?.resourceCountIs('AWS::Lambda::Url', 1)
    url?.resourceCountIs('AWS::Lambda::Url', 2)
  })

  it('leaves cdk-nag nothing to say', () => {
    const { app } = made('web-function')
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))

    expect(() => app.synth()).not.toThrow()
  })
})

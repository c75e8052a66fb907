import { Stack } from 'aws-cdk-lib'
import { describe, expect, it } from 'vitest'
import { mayInvoke } from '../../infra/bedrock.ts'
import type { Deployment } from '../../lib/core/deployment.ts'
import { modelsOfAws } from '../support/aws-models.ts'
import { config, deployment } from '../support/configuration.ts'
import { statementsOf } from '../support/iam.ts'
import { resolve } from '../support/template.ts'

/** What the data plane may do with models, by action. That it is the gateway's role alone, policies.test.ts says of the stack. */
function rights(deployments: Deployment[]): Record<string, string[]> {
  const stack = new Stack()
  const Statement = mayInvoke(stack, config({ deployments })).map(
    (one) => stack.resolve(one.toStatementJson()) as object,
  )
  const statements = statementsOf(resolve({ Version: '2012-10-17', Statement }))
  return Object.fromEntries(
    statements.flatMap(({ actions, resources }) => actions.map((action) => [action, resources])),
  )
}
const on = (model: string, more: Partial<Deployment> = {}) =>
  rights([deployment({ group: 'm', provider: 'bedrock', model, ...more })])['bedrock:InvokeModel']

describe('the data plane’s rights on models of AWS', () => {
  it('are none where the config names none, or gives them keys of their own', () => {
    expect(rights([deployment({ group: 'm' })])).toEqual({})
    expect(on('amazon.nova-lite-v1:0', { apiKey: { env: 'K' } })).toBeUndefined()
    expect(
      on('amazon.nova-lite-v1:0', { aws: { accessKeyId: { env: 'A' }, secretAccessKey: { env: 'B' } } }),
    ).toBeUndefined()
  })

  it('are to assume a role instead, where the config says which and nobody else assumes it', () => {
    const arn = 'arn:aws:iam::111122223333:role/models'
    const of = (aws: Deployment['aws']) =>
      rights([deployment({ group: 'm', provider: 'bedrock', model: 'amazon.nova-lite-v1:0', ...(aws && { aws }) })])

    expect(of({ role: { arn: { value: arn } } })).toEqual({ 'sts:AssumeRole': [arn] })
    expect(of({ role: { arn: { env: 'ROLE' } } })).toEqual({})
    expect(of({ role: { arn: { value: arn }, webIdentity: { env: 'TOKEN' } } })).toEqual({})
    expect(of({ profile: 'dev', role: { arn: { value: arn } } })).toEqual({})
  })

  it('are those of each service, on what is called and nothing else', () => {
    const model = ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0']
    const workspaces = ['arn:aws:aws-external-anthropic:us-east-1:000000000000:workspace/*']

    expect(rights(modelsOfAws)).toEqual({
      'bedrock:InvokeModel': model,
      'bedrock:InvokeModelWithResponseStream': model,
      'bedrock:CountTokens': model,
      'bedrock:ApplyGuardrail': ['arn:aws:bedrock:us-east-1:000000000000:guardrail/gr-1'],
      'bedrock-mantle:CreateInference': ['arn:aws:bedrock-mantle:us-east-1:000000000000:project/*'],
      'aws-external-anthropic:CreateInference': workspaces,
      'aws-external-anthropic:CountTokens': workspaces,
    })
  })

  it.each<[string, string, Partial<Deployment>, string[]]>([
    [
      'a profile for several regions and its model in any of them',
      'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
      { variables: { region: { value: 'eu-west-1' } } },
      [
        'arn:aws:bedrock:eu-west-1:000000000000:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
        'arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0',
      ],
    ],
    [
      'a profile of one’s own and the model it is said to lead to',
      'anthropic.claude-sonnet-4-5-20250929-v1:0',
      { aws: { modelId: 'arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc' } },
      [
        'arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc',
        'arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0',
      ],
    ],
    [
      'a profile that says nothing, and any model',
      'arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc',
      {},
      [
        'arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc',
        'arn:aws:bedrock:*::foundation-model/*',
      ],
    ],
    [
      'a model that was bought or brought, alone',
      'arn:aws:bedrock:us-east-1:000000000000:provisioned-model/abc',
      {},
      ['arn:aws:bedrock:us-east-1:000000000000:provisioned-model/abc'],
    ],
  ])('are on %s', (_, model, more, expected) => {
    expect(on(model, more)).toEqual(expected)
  })
})

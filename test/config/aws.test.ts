import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../lib/config/load.ts'
import { secretNames } from '../../lib/config/secrets.ts'

const load = (params: string, env: Record<string, string> = {}) =>
  loadConfig(`model_list:\n  - model_name: m\n    litellm_params:\n${params.replaceAll(/^/gm, '      ')}\n`, {
    file: 'config.yaml',
    env,
  })
const deploymentOf = (params: string, env: Record<string, string> = {}) => {
  const { config, problems } = load(params, env)
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return config?.deployments[0]
}
const errors = (params: string) =>
  load(params).problems.flatMap(({ severity, key, message, remedy }) =>
    severity === 'error' ? [`${key} ${message}: ${remedy}`] : [],
  )

const model = 'model: bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0'

describe('a deployment on Bedrock', () => {
  it('has region and keys as LiteLLM names them, secrets unread', () => {
    const keys = 'aws_access_key_id: os.environ/A\naws_secret_access_key: os.environ/B\naws_session_token: os.environ/C'

    const made = deploymentOf(`${model}\naws_region_name: eu-central-1\n${keys}`)

    expect(made).toMatchObject({
      provider: 'bedrock',
      model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
      variables: { region: { value: 'eu-central-1' } },
      aws: { accessKeyId: { env: 'A' }, secretAccessKey: { env: 'B' }, sessionToken: { env: 'C' } },
      params: {},
    })
    const { config } = load(`${model}\n${keys}`)
    expect(config && secretNames({ ...config, masterKey: { value: 'k' } })).toEqual(['A', 'B', 'C'])
  })

  it('needs nothing but its model: role and region are the function’s own', () => {
    const made = deploymentOf(model, { AWS_REGION: 'us-west-2', AWS_ACCESS_KEY_ID: 'AKIA' })

    expect(made).toMatchObject({ variables: { region: { env: 'AWS_REGION_NAME' } } })
    expect(JSON.stringify(made)).not.toContain('AKIA')
    const { config } = load(model)
    expect(config && secretNames({ ...config, masterKey: { value: 'k' } })).toEqual([])
  })

  it('may be called at another address, and by an ARN', () => {
    const made = deploymentOf(
      `${model}\naws_bedrock_runtime_endpoint: https://vpce.example\nmodel_id: arn:aws:bedrock:eu-central-1:1:application-inference-profile/x`,
    )

    expect(made).toMatchObject({
      apiBase: { value: 'https://vpce.example' },
      variables: { region: { env: 'AWS_REGION_NAME' } },
      aws: { modelId: 'arn:aws:bedrock:eu-central-1:1:application-inference-profile/x' },
      params: {},
    })
  })

  it.each([
    ['bedrock/converse/anthropic.claude-x', 'converse'],
    ['bedrock/invoke/anthropic.claude-x', 'anthropic'],
    ['bedrock_converse/anthropic.claude-x', undefined],
  ])('written as %s is spoken to in %s', (written, dialect) => {
    const made = deploymentOf(`model: ${written}`)

    expect(made).toMatchObject({ provider: 'bedrock', model: 'anthropic.claude-x' })
    expect(made?.dialect).toBe(dialect)
  })

  it('may be called by a role that is assumed, as LiteLLM names its parts', () => {
    const role =
      'aws_role_name: arn:aws:iam::1:role/x\naws_session_name: me\naws_external_id: os.environ/EXTERNAL\naws_sts_endpoint: https://sts.example'

    expect(deploymentOf(`${model}\n${role}`)).toMatchObject({
      aws: {
        role: {
          arn: { value: 'arn:aws:iam::1:role/x' },
          sessionName: { value: 'me' },
          externalId: { env: 'EXTERNAL' },
          stsEndpoint: { value: 'https://sts.example' },
        },
      },
      params: {},
    })
    const { config } = load(`${model}\n${role}`)
    expect(config && secretNames({ ...config, masterKey: { value: 'k' } })).toEqual(['EXTERNAL'])
  })

  it.each([
    ['os.environ/TOKEN', { env: 'TOKEN' }],
    ['oidc/env/TOKEN', { env: 'TOKEN' }],
    ['oidc/file/var/token', { value: 'oidc/file/var/token' }],
  ])('may have the token of another identity: %s', (token, webIdentity) => {
    const made = deploymentOf(`${model}\naws_role_name: os.environ/ROLE\naws_web_identity_token: ${token}`)

    expect(made?.aws?.role).toEqual({ arn: { env: 'ROLE' }, webIdentity })
  })

  it('may be called by a profile', () => {
    expect(deploymentOf(`${model}\naws_profile_name: dev`)).toMatchObject({ aws: { profile: 'dev' }, params: {} })
  })

  it('with half of an identity is refused with what to do', () => {
    expect(errors(`${model}\naws_access_key_id: os.environ/A`)).toEqual([
      expect.stringMatching(/aws_access_key_id stands without aws_secret_access_key: write aws_secret_access_key too/),
    ])
    expect(errors(`${model}\naws_external_id: x`)).toEqual([
      expect.stringMatching(/aws_external_id stands without aws_role_name: write the role to assume too/),
    ])
    expect(errors(`${model}\naws_role_name: r\naws_web_identity_token: oidc/google/x`)).toEqual([
      expect.stringMatching(/takes its token from google, which this gateway does not ask: write oidc\/env\/NAME/),
    ])
  })
})

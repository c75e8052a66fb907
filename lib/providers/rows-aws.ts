import { hostFlags } from './host.ts'
import type { Provider, Variable } from './provider.ts'

/** Where it is not said, the function's own region: whoever runs the gateway sets this name to it. */
const region: Variable = { param: 'aws_region_name', env: ['AWS_REGION_NAME'], given: true }

/** A key of Bedrock's own (LiteLLM's `api_key`, AWS's variable) goes before a signature by the account's. */
const account: Pick<Provider, 'keyNames' | 'keyless' | 'auth' | 'envelope' | 'variables' | 'telemetryName'> = {
  keyNames: ['AWS_BEARER_TOKEN_BEDROCK'],
  keyless: true,
  auth: { scheme: 'bearer' },
  envelope: 'plain',
  variables: { region },
  telemetryName: 'aws.bedrock',
}

/** OpenAI's newest refuse functions with reasoning on chat completions there too. */
const responses = { dialect: 'responses', path: '/responses', flags: hostFlags } as const

/** AWS's doors to models: Bedrock's own API, its imitation of OpenAI's, and Anthropic's platform in an AWS account. */
export const aws: readonly Provider[] = [
  {
    ...account,
    id: 'bedrock',
    aliases: ['bedrock_converse'],
    name: 'Amazon Bedrock',
    dialect: 'converse',
    baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com',
    signing: { service: 'bedrock' },
    modelHints: ['converse/', 'invoke/'],
    paths: {
      chat: '/model/{id}/converse',
      embeddings: '/model/{id}/invoke',
      images: '/model/{id}/invoke',
      imageEdits: '/model/{id}/invoke',
      rerank: '/model/{id}/invoke',
    },
    codecs: { embeddings: 'bedrock', images: 'bedrock', imageEdits: 'bedrock', rerank: 'bedrock' },
    streamPath: '/model/{id}/converse-stream',
    flags: { cacheByMark: true },
    also: [
      {
        dialect: 'anthropic',
        hint: 'invoke/',
        path: '/model/{id}/invoke',
        streamPath: '/model/{id}/invoke-with-response-stream',
        flags: {
          cacheByMark: true,
          modelInPath: true,
          anthropicVersion: 'bedrock-2023-05-31',
          invokeModel: true,
          plainSchemas: true,
        },
        models: /anthropic\.claude/,
        when: 'client',
      },
    ],
    cacheWriteFactors: { short: 1.25, long: 2 },
    priceId: 'aws',
  },
  {
    ...account,
    id: 'bedrock_mantle',
    name: 'Amazon Bedrock (OpenAI-compatible)',
    dialect: 'openai',
    baseUrl: 'https://bedrock-mantle.{region}.api.aws/v1',
    signing: { service: 'bedrock-mantle' },
    modelHints: ['responses/'],
    paths: { chat: '/chat/completions' },
    flags: hostFlags,
    also: [
      { ...responses, when: 'client' },
      { ...responses, when: 'tools', models: /openai\.gpt-(?:5\.(?:[5-9]|\d\d)|[6-9])/ },
      { ...responses, when: 'reasoned_tools', models: /openai\.gpt-5\.4(?!\d)/ },
    ],
    priceId: 'aws',
  },
  {
    ...account,
    id: 'anthropic_aws',
    name: 'Claude Platform on AWS',
    dialect: 'anthropic',
    baseUrl: 'https://aws-external-anthropic.{region}.api.aws',
    keyNames: ['ANTHROPIC_AWS_API_KEY'],
    auth: { scheme: 'header', name: 'x-api-key' },
    signing: { service: 'aws-external-anthropic' },
    paths: { chat: '/v1/messages' },
    flags: { cacheByMark: true },
    cacheWriteFactors: { short: 1.25, long: 2 },
    priceId: 'anthropic',
    telemetryName: 'anthropic',
  },
]

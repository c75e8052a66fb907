import type { Flags } from '../dialects/flags.ts'
import { advisors, hostFlags, usWorkspace } from './host.ts'
import type { Provider, Variable } from './provider.ts'
import type { OtherSpeech } from './speech.ts'

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

/**
 * OpenAI's own models stand at a path of their own there, and refuse functions with reasoning on chat completions as they do at
 * home (AWS's model cards); Claude speaks Anthropic's API alone.
 */
const gpt = /openai\.gpt-\d/
const gptFlags: Flags = { maxTokensField: 'max_completion_tokens', developerRole: true, streamUsage: true }
const gptResponses = { dialect: 'responses', path: '/openai/v1/responses', flags: gptFlags } as const
const mantleAlso: readonly OtherSpeech[] = [
  {
    dialect: 'anthropic',
    path: '/anthropic/v1/messages',
    flags: { cacheByMark: true },
    models: /anthropic\.claude/,
    when: 'always',
  },
  { dialect: 'openai', path: '/openai/v1/chat/completions', flags: gptFlags, models: gpt, when: 'always' },
  { ...gptResponses, models: gpt, when: 'client' },
  { ...gptResponses, models: /openai\.gpt-(?:5\.(?:[5-9]|\d\d)|[6-9])/, when: 'tools' },
  { ...gptResponses, models: /openai\.gpt-5\.4(?!\d)/, when: 'reasoned_tools' },
  { dialect: 'responses', path: '/v1/responses', flags: hostFlags, models: /openai\.gpt-oss/, when: 'client' },
]

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
        countPath: '/model/{foundation}/count-tokens',
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
    baseUrl: 'https://bedrock-mantle.{region}.api.aws',
    signing: { service: 'bedrock-mantle' },
    modelHints: ['responses/'],
    paths: { chat: '/v1/chat/completions' },
    flags: hostFlags,
    also: mantleAlso,
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
    unaskedTiers: usWorkspace,
    askedModels: advisors,
    priceId: 'anthropic',
    telemetryName: 'anthropic',
  },
]

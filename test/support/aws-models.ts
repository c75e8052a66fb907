import { deployment } from './configuration.ts'

/** One deployment on each of AWS's services, by the role of the function. */
export const modelsOfAws = [
  deployment({
    group: 'nova',
    provider: 'bedrock',
    model: 'amazon.nova-lite-v1:0',
    params: { guardrailConfig: { guardrailIdentifier: 'gr-1', guardrailVersion: '1' } },
  }),
  deployment({ group: 'gpt', provider: 'bedrock_mantle', model: 'openai.gpt-5.5' }),
  deployment({ group: 'claude', provider: 'anthropic_aws', model: 'claude-sonnet-5' }),
]

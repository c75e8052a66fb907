import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../lib/config/load.ts'
import { secretNames } from '../../lib/config/secrets.ts'
import { providers } from '../../lib/providers/rows.ts'

const load = (params: string, { env = {}, more = '' }: { env?: Record<string, string>; more?: string } = {}) =>
  loadConfig(`model_list: [{ model_name: m, litellm_params: { ${params} } }]\n${more}`, { file: 'config.yaml', env })
const first = (...given: Parameters<typeof load>) => load(...given).config?.deployments[0]

describe('a prefix', () => {
  it.each([
    ['groq/openai/gpt-oss-120b', 'groq', 'openai/gpt-oss-120b'],
    ['together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo', 'together_ai', 'meta-llama/Llama-3.3-70B-Instruct-Turbo'],
    ['nano-gpt/x', 'nano-gpt', 'x'],
    ['302ai/x', '302ai', 'x'],
    ['cohere_chat/command-a', 'cohere', 'command-a'],
    ['ai21/jamba-large', 'ai21_chat', 'jamba-large'],
    ['openai_like/x', 'custom_openai', 'x'],
  ])('of %s is of %s, and leaves %s', (model, provider, rest) => {
    expect(first(`model: ${model}, api_base: "https://h.example"`)).toMatchObject({ provider, model: rest })
  })

  it('is known for every row, and its entry loads without a problem', () => {
    for (const { unserved, paths, id } of providers) {
      if (unserved !== undefined || (!paths.chat && !paths.embeddings)) continue
      const { problems } = load(`model: ${id}/some-model, api_base: "https://h.example"`)
      expect([id, problems]).toEqual([id, []])
    }
  })

  it('of a provider that is gone is refused with what to do', () => {
    expect(load('model: github/gpt-4o').problems).toMatchObject([
      {
        severity: 'error',
        key: 'model_list[0].litellm_params.model',
        message: 'GitHub Models was retired on 2026-07-30',
        remedy: 'name another provider of the model',
      },
    ])
  })

  it('of a provider without chat means what it has, and of a kind that nobody serves is left out', () => {
    expect(first('model: voyage/voyage-3.5')).toMatchObject({ mode: 'embedding' })
    expect(first('model: deepgram/nova-3')).toMatchObject({ mode: 'audio_speech' })
    expect(first('model: stability/core')).toMatchObject({ mode: 'image_generation' })
    expect(load('model: openai/sora-2 }, model_info: { mode: video_generation').problems).toMatchObject([
      { severity: 'warning', message: 'is a kind of model that is not served yet' },
    ])
  })
})

describe("a part of a provider's address", () => {
  const snowflake = 'model: snowflake/claude-sonnet-4-5'

  it('is what the entry says, before what the environment says', () => {
    const env = { SNOWFLAKE_ACCOUNT_ID: 'from-env' }

    expect(first(`${snowflake}, snowflake_account: written`, { env })?.variables).toEqual({
      account: { value: 'written' },
    })
    expect(first(`${snowflake}, snowflake_account: os.environ/MY_ACCOUNT`)?.variables).toEqual({
      account: { env: 'MY_ACCOUNT' },
    })
    expect(first(snowflake, { env })?.variables).toEqual({ account: { value: 'from-env' } })
    expect(first(snowflake, { more: 'environment_variables: { SNOWFLAKE_ACCOUNT_ID: from-file }' })?.variables).toEqual(
      { account: { value: 'from-file' } },
    )
  })

  it('stays a name to look up where it is not known yet, and is among the names that must be set', () => {
    const { config } = load(snowflake)

    expect(config?.deployments[0]?.variables).toEqual({ account: { env: 'SNOWFLAKE_ACCOUNT_ID' } })
    expect(config && secretNames(config)).toContain('SNOWFLAKE_ACCOUNT_ID')
  })

  it('has a usual value where the row knows one', () => {
    expect(first('model: watsonx/ibm/granite-4')?.variables).toEqual({ region: { value: 'us-south' } })
  })

  it('is not needed behind a base of its own, and never sent to the provider', () => {
    const own = first(`${snowflake}, snowflake_account: a, api_base: "https://h.example"`)

    expect(own?.variables).toBeUndefined()
    expect(own?.params).toEqual({})
  })
})

it('takes the base that LiteLLM takes from the environment, where the row has one too', () => {
  const env = { MISTRAL_API_BASE: 'https://mine.example/v1' }

  expect(first('model: mistral/mistral-large-2512', { env })?.apiBase).toEqual({ value: 'https://mine.example/v1' })
  expect(first('model: mistral/mistral-large-2512')?.apiBase).toBeUndefined()
})

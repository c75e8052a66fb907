import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadConfig, printProblem } from '../../lib/config/load.ts'

const load = (text: string) => loadConfig(text, { file: 'config.yaml' })
const errorsOf = (text: string) => load(text).problems.filter(({ severity }) => severity === 'error')
const model = 'model_list: [{ model_name: m, litellm_params: { model: openai/gpt-4o } }]\n'

describe('a config with many mistakes', () => {
  const text = readFileSync(new URL('../fixtures/config/broken.yaml', import.meta.url), 'utf8')
  const { config, problems } = load(text)
  const at = Object.fromEntries(problems.map((problem) => [problem.key, problem]))

  it('is no config, and names every mistake at once with its line', () => {
    expect(config).toBeUndefined()
    expect(problems.map(({ line, key }) => `${line} ${key}`)).toEqual([
      '3 model_list[0].litellm_params',
      '8 model_list[1].litellm_params.model',
      '9 model_list[1].litellm_params.timeout',
      '10 model_list[1].litellm_params.weight',
      '11 model_list[2]',
      '11 model_list[2].litellm_params.model',
      '12 model_list[3]',
      '13 model_list[3].litellm_param',
      '15 model_list[4].litellm_params',
      '15 model_list[4].litellm_params.api_base',
      '18 model_list[5].litellm_params.api_version',
      '18 model_list[5].litellm_params.litellm_credential_name',
      '19 model_list[5].model_info.id',
      '24 litellm_settings.callbacks[0]',
      '25 litellm_settings.drop_parms',
      '26 litellm_settings.budget_duration',
      '27 litellm_settings.max_budget',
      '29 router_settings.num_retries',
      '31 router_settings.fallbacks[0].a[0]',
      '31 router_settings.fallbacks[0].a[1]',
      '32 router_settings.default_fallbacks',
      '33 router_settings.model_group_alias.alias',
      '34 router_settings.master_key',
      '36 general_settings.master_key',
      '37 general_settings.custom_auth',
      '38 general_settings.alerting_thresholds[0]',
      '38 general_settings.alerting_thresholds[1]',
      '39 general_settings.orphaned_holds',
      '40 general_settings.max_budgets',
      '41 include',
    ])
  })

  it('says what was written, what is wrong and what to do, in one line', () => {
    const problem = at['model_list[1].litellm_params.timeout']

    expect(problem && printProblem(problem)).toBe(
      'config.yaml:9:7 error model_list[1].litellm_params.timeout (soon): not a number of seconds; write seconds above 0, such as 30',
    )
  })

  it('suggests the nearest spelling, or the section where the key belongs', () => {
    expect(at['litellm_settings.drop_parms']?.remedy).toBe('did you mean drop_params?')
    expect(at['model_list[0].litellm_params']?.remedy).toBe('did you mean model for modell?')
    expect(at['router_settings.master_key']?.remedy).toBe('it belongs under general_settings')
    expect(at['model_list[5].litellm_params.litellm_credential_name']?.remedy).toBe('did you mean azure?')
  })

  it('names the provider that may have been meant, and the way out for any other', () => {
    expect(at['model_list[1].litellm_params.model']?.remedy).toMatch(/did you mean openai\/\? .*openai\/ and api_base/)
  })

  it('refuses Python hooks with what to do instead', () => {
    expect(at['general_settings.custom_auth']?.remedy).toMatch(/Python cannot run here: use virtual keys/)
    expect(at['litellm_settings.callbacks[0]']).toMatchObject({ severity: 'error', value: 'my_hooks.logger' })
  })

  it('never shows a secret', () => {
    expect(JSON.stringify(problems)).not.toMatch(/password123|sk-secret-one|sk-1/)
  })

  it('only warns of a master key without sk-', () => {
    expect(at['general_settings.master_key']?.severity).toBe('warning')
  })
})

describe('a file that is not YAML, or not a config', () => {
  it('is a problem with the line, and nothing else is guessed', () => {
    const [first, ...rest] = errorsOf('model_list:\n  - model_name: "m\n')

    expect(first).toMatchObject({ key: '', message: expect.stringMatching(/^not valid YAML: /) as string })
    expect(first?.line).toBeGreaterThanOrEqual(2)
    expect(rest.every(({ message }) => message.startsWith('not valid YAML'))).toBe(true)
  })

  it('names a key that is given twice', () => {
    const errors = errorsOf(`${model}litellm_settings: { drop_params: true }\nlitellm_settings: { num_retries: 1 }\n`)

    expect(errors).toMatchObject([{ line: 3, remedy: expect.stringContaining('put both into one') as string }])
  })

  it.each(['', '# nothing\n', '[]', 'just text', 'model_list: []', 'model_list:\n', '42'])('refuses %j', (text) => {
    expect(errorsOf(text)).toHaveLength(1)
    expect(load(text).config).toBeUndefined()
  })

  it('names an alias to nothing', () => {
    expect(errorsOf('model_list: *nobody')).toMatchObject([{ message: expect.stringContaining('nobody') as string }])
  })

  it('survives aliases that would explode', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`),
    ]

    expect(errorsOf(bomb.join('\n'))).toMatchObject([{ key: '', remedy: 'correct its aliases (*name)' }])
  })
})

it.each([
  ['router_settings: 5', 'router_settings'],
  ['litellm_settings: { timezone: Mars/Olympus }', 'litellm_settings.timezone'],
  ['litellm_settings: { fallbacks: gpt-4o }', 'litellm_settings.fallbacks'],
  ['litellm_settings: { fallbacks: [{ m: 7 }] }', 'litellm_settings.fallbacks[0].m'],
  ['router_settings: { model_group_alias: [a] }', 'router_settings.model_group_alias'],
  ['general_settings: { budget_clamp_floor: 0 }', 'general_settings.budget_clamp_floor'],
  ['general_settings: { total_timeout: -5 }', 'general_settings.total_timeout'],
  ['general_settings: { track_every_attempt: perhaps }', 'general_settings.track_every_attempt'],
  ['general_settings: { max_request_size_mb: .nan }', 'general_settings.max_request_size_mb'],
  ['general_settings: { budget_wait: [1] }', 'general_settings.budget_wait'],
  ['model_lists: []', 'model_lists'],
])('refuses %s, naming the key', (more, key) => {
  expect(errorsOf(model + more).map((problem) => problem.key)).toEqual([key])
})

it.each([
  ['{ model_name: m, litellm_params: { model: "openai/" } }', 'model_list[0].litellm_params.model'],
  ['{ model_name: m, litellm_params: { model: "*" } }', 'model_list[0].litellm_params.model'],
  ['{ model_name: m, litellm_params: { model: "openai/*" } }', 'model_list[0].litellm_params.model'],
  ['{ model_name: m, litellm_params: { model: custom_openai/x } }', 'model_list[0].litellm_params'],
  [
    '{ model_name: m, litellm_params: { model: gpt-4o, custom_llm_provider: acme } }',
    'model_list[0].litellm_params.custom_llm_provider',
  ],
  [
    '{ model_name: m, litellm_params: { model: gpt-4o, input_cost_per_token: -1 } }',
    'model_list[0].litellm_params.input_cost_per_token',
  ],
  [
    '{ model_name: m, litellm_params: { model: gpt-4o, extra_headers: [a] } }',
    'model_list[0].litellm_params.extra_headers',
  ],
  ['{ model_name: "a*b*", litellm_params: { model: "openai/*" } }', 'model_list[0].model_name'],
  ['~', 'model_list[0]'],
  ['m', 'model_list[0]'],
])('refuses the entry %s', (entry, key) => {
  expect(errorsOf(`model_list: [${entry}]`).map((problem) => problem.key)).toEqual([key])
})

it('does not blame a fallback for the mistakes of the model that it names', () => {
  const errors = errorsOf(
    'model_list:\n  - { model_name: a, litellm_params: { model: openai/a } }\n  - { model_name: b, litellm_params: { model: nobody/b } }\nlitellm_settings: { fallbacks: [{ a: [b] }] }\n',
  )

  expect(errors.map(({ key }) => key)).toEqual(['model_list[1].litellm_params.model'])
})

it('warns of a fallback that never acts, and of a budget of nothing', () => {
  const { problems } = load(`${model}litellm_settings: { fallbacks: [{ other: [m] }], max_budget: 0 }`)

  expect(problems.map(({ severity, key }) => [severity, key])).toEqual([
    ['warning', 'litellm_settings.fallbacks[0].other'],
    ['warning', 'litellm_settings.max_budget'],
  ])
})

it('says nothing of features that are switched off', () => {
  const { problems } = load(
    `${model}litellm_settings: { cache: false, callbacks: [] }\ngeneral_settings: { store_model_in_db: false }`,
  )

  expect(problems).toEqual([])
})

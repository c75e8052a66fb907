import { describe, expect, it, vi } from 'vitest'
import { configure } from '../../lib/library/configure.ts'
import { createGateway, type GatewayOptions } from '../../lib/library/index.ts'
import { rejection } from './gateways.ts'

const quiet = () => undefined
const model = (params: object) => ({ model_name: 'm', litellm_params: { model: 'openai/gpt-4o', ...params } })

describe('the config of the library', () => {
  it('is read as the file is', () => {
    const { deployments } = configure({ config: { model_list: [model({ rpm: 7 })] } }, {}, quiet)

    expect(deployments).toMatchObject([{ group: 'm', provider: 'openai', model: 'gpt-4o', rpm: 7 }])
  })

  it('is refused with the place, what is wrong and the remedy, all at once', () => {
    const read = () =>
      configure(
        { config: { model_list: [{ model_name: 'm', litellm_params: { model: 'nobody/x' } }, {}] as never } },
        {},
        quiet,
      )

    expect(read).toThrow(
      /config\.model_list\[0\]\.litellm_params\.model.*nobody.*; .*\nconfig\.model_list\[1\].*model_name/,
    )
  })

  it('says where warnings are', () => {
    const lines: string[] = []
    configure(
      { config: { model_list: [model({ model_info: { id: 'x' } })] } },
      {},
      (level, line) => void lines.push(`${level} ${line}`),
    )

    expect(lines[0]).toMatch(/^warn config\.model_list\[0\]\.litellm_params\.model_info: .+; .+/)
  })

  it('says them on the console where nobody listens', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(quiet)
    await using _ = await createGateway({ config: { model_list: [model({ model_info: { id: 'x' } })] }, env: {} })
    const [first] = said.mock.calls
    said.mockRestore()

    expect(first?.[0]).toMatch(/^purser: warn: config\.model_list\[0\]/)
  })

  it('may be left out: every provider whose key the environment has answers to its prefix', () => {
    const { deployments } = configure({}, { GROQ_API_KEY: 'gsk', AZURE_API_KEY: 'no base' }, quiet)

    expect(deployments.map(({ group, provider }) => [group, provider])).toEqual([['groq/*', 'groq']])
  })

  it('cannot be left out where the environment has no key', () => {
    expect(() => configure({}, {}, quiet)).toThrow(/OPENAI_API_KEY.*config/)
  })

  it('names a file that cannot be read', () => {
    expect(() => configure({ configFile: '/nowhere/config.yaml' }, {}, quiet)).toThrow('/nowhere/config.yaml')
  })
})

describe('what cannot be meant', () => {
  const config = { model_list: [model({})] }

  it.each<[string, GatewayOptions, RegExp]>([
    [
      'a budget that nothing could hold',
      { config: { ...config, litellm_settings: { max_budget: 5 } } },
      /max_budget.*dataDir/,
    ],
    ['two configs', { config, configFile: 'config.yaml' }, /both config and configFile/],
    ['two stores', { config, dataDir: 'd', table: { name: 't', bus: 'b' } } as never, /both dataDir and table/],
    ['a listener beside a ledger', { config, dataDir: 'd', onSpend: quiet } as never, /onSpend/],
  ])('%s is refused', async (_, options, words) => {
    const error = await rejection(createGateway({ env: {}, ...options }))

    expect(String(error)).toMatch(words)
  })
})

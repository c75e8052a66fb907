import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readSettings } from '../../infra/settings.ts'

const dir = mkdtempSync(join(tmpdir(), 'purser-settings-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const fileOf = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}
const good = fileOf(
  'good.yaml',
  'model_list:\n  - model_name: fast\n    litellm_params: { model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY }\n',
)
const read = (context: Record<string, unknown>) => readSettings((name) => context[name], {})

describe('readSettings', () => {
  it('reads the config and gives every function the same master key', () => {
    const { settings, lines } = read({ config: good })

    expect(lines).toEqual([])
    expect(settings).toMatchObject({ stack: 'Purser', config: { masterKey: { env: 'PURSER_MASTER_KEY' } } })
    expect(settings?.config.deployments).toHaveLength(1)
  })

  it('names the file that is not there', () => {
    const { settings, lines } = read({ config: join(dir, 'none.yaml') })

    expect(settings).toBeUndefined()
    expect(lines.join()).toMatch(/none\.yaml: no such file; .*-c config=/)
  })

  it('prints every problem of the config with its line, and deploys nothing', () => {
    const bad = fileOf('bad.yaml', 'model_list:\n  - model_name: a\n    litellm_params: {}\nrouter_settingz: {}\n')

    const { settings, lines } = read({ config: bad })

    expect(settings).toBeUndefined()
    expect(lines.length).toBeGreaterThanOrEqual(2)
    for (const line of lines) expect(line).toMatch(/bad\.yaml:\d+/)
  })

  it('warns of a key that is written in the file, because it would travel in the code', () => {
    const written = fileOf(
      'written.yaml',
      'model_list:\n  - model_name: fast\n    litellm_params: { model: openai/gpt-4o-mini, api_key: sk-written }\n',
    )

    const { settings, lines } = read({ config: written })

    expect(settings).toBeDefined()
    expect(lines.join()).toMatch(/api_key of fast.*os\.environ/)
    expect(lines.join()).not.toContain('sk-written')
  })

  it.each([
    ['stack', '1 bad name', /context stack: "1 bad name"/],
    ['alertEmail', 'nobody', /context alertEmail: "nobody"/],
    ['secret', 'a b', /context secret: "a b" cannot be used; give letters/],
    ['compute', 'ec2', /context compute: "ec2" cannot be used; give function-url or web-function/],
    ['iam', 'yes', /context iam: "yes" cannot be used; give true or false/],
    ['config', 7, /context config: 7 cannot be used; give the path/],
  ])('refuses a %s that is none', (name, value, message) => {
    const { settings, lines } = read({ config: good, [name]: value })

    expect(settings).toBeUndefined()
    expect(lines.join()).toMatch(message)
  })
})

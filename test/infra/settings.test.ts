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

  it('says that a web function makes no copies', () => {
    const entry = '  - {model_name: a, litellm_params: {model: openai/m, silent_model: a}}'
    const file = fileOf('copies.yaml', `model_list:\n${entry}\n`)

    expect(read({ config: file, compute: 'web-function' }).lines.join()).toContain('silent_model has no effect')
    expect(read({ config: file }).lines.join()).not.toContain('silent_model')
  })

  it.each([
    ['stack', '1 bad name', /context stack: "1 bad name"/],
    ['alertEmail', 'nobody', /context alertEmail: "nobody"/],
    ['secret', 'a b', /context secret: "a b" cannot be used; give letters/],
    ['table', 'a/b', /context table: "a\/b" cannot be used; give letters/],
    ['compute', 'ec2', /context compute: "ec2" cannot be used; give function-url or web-function/],
    ['chatWorkspace', 'my-team', /context chatWorkspace: "my-team" cannot be used; give the id of a Slack workspace/],
    ['chatChannel', '#alerts', /context chatChannel: "#alerts" cannot be used; give the id of a Slack channel/],
    ['alertTeams', 'none.json', /context alertTeams: "none.json" cannot be used; give a JSON file such as/],
    ['report', 'daily', /context report: "daily" cannot be used; give weekly or monthly or off/],
    ['iam', 'yes', /context iam: "yes" cannot be used; give true or false/],
    ['front', 1, /context front: "?1"? cannot be used; give true or false/],
    ['domain', 'https://llm.example.com', /context domain: .* cannot be used; give a name in lower case/],
    ['certificate', 'arn:aws:acm:eu-west-1:123456789012:certificate/a', /context certificate: .* in us-east-1/],
    ['hostedZone', 'example', /context hostedZone: "example" cannot be used/],
    ['hostedZoneId', '/hostedzone/Z1', /context hostedZoneId: .* the id of a hosted zone/],
    ['frontTimeout', 901, /context frontTimeout: 901 .* whole number of seconds from 1 to 900/],
    ['frontSecret', '0', /context frontSecret: "0" .* from 1 to/],
    ['waf', 'on', /context waf: "on" cannot be used/],
    ['wafRate', '1e3', /context wafRate: "1e3" .* whole number of requests/],
    ['webAclArn', 'arn:aws:wafv2:us-east-1:123456789012:regional/webacl/a/b', /context webAclArn: .* scope CLOUDFRONT/],
    ['wafRate', 100, /context wafRate: it is a setting of the front; give -c front=true/],
    ['otlp', 'collector:4318', /context otlp: "collector:4318" cannot be used; give the base address/],
    ['config', 7, /context config: 7 cannot be used; give the path/],
  ])('refuses a %s that is none', (name, value, message) => {
    const { settings, lines } = read({ config: good, [name]: value })

    expect(settings).toBeUndefined()
    expect(lines.join()).toMatch(message)
  })
})

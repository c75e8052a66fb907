import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { afterAll, describe, expect, it } from 'vitest'
import { defaultFields } from '../../infra/settings-fields.ts'
import { purser } from '../../infra/stack.ts'
import type { Config } from '../../lib/core/config.ts'
import { objectOf, stringOf } from '../../lib/core/json.ts'

const outdir = mkdtempSync(join(tmpdir(), 'purser-bundle-'))
afterAll(() => rmSync(outdir, { recursive: true, force: true }))

const config = { deployments: [], environment: {}, timeZone: 'Europe/Oslo' } as unknown as Config

function synthesised() {
  const app = new App({ outdir })
  purser(app, { ...defaultFields, configFile: 'config.yaml', config })
  const template = app.synth().getStackByName('Purser').template as unknown
  const resources = Object.entries(objectOf(objectOf(template).Resources))
  return ['Gateway', 'Admin', 'Spend', 'Alerts'].map((door) => {
    const [, fn] =
      resources.find(([id, r]) => id.startsWith(door) && objectOf(r).Type === 'AWS::Lambda::Function') ?? []
    const key = stringOf(objectOf(objectOf(objectOf(fn).Properties).Code).S3Key) ?? ''
    const dir = join(outdir, `asset.${key.replace(/\.zip$/, '')}`)
    return { door, key, dir, files: readdirSync(dir) }
  })
}

describe('the bundled functions', () => {
  const assets = synthesised()

  it('have code of their own each', () => {
    const words = {
      Gateway: 'streamifyResponse',
      Admin: '/key/generate',
      Spend: 'outbox relayed',
      Alerts: 'SLACK_WEBHOOK_URL',
    }

    expect(new Set(assets.map(({ key }) => key)).size).toBe(4)
    for (const { door, dir, files } of assets) {
      const code = files.filter((file) => file.endsWith('.mjs')).map((file) => readFileSync(join(dir, file), 'utf8'))
      expect(code.join('\n')).toContain(words[door as keyof typeof words])
    }
  })

  it('carry the checked config, and neither source map nor metafile', () => {
    for (const { dir, files } of assets) {
      expect(JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))).toMatchObject({ timeZone: 'Europe/Oslo' })
      expect(files.filter((file) => !/^(index|chunk-\w+)\.mjs$|^config\.json$/.test(file))).toEqual([])
    }
  })

  it('leave the SDK out of what the gateway reads at a cold start', () => {
    const gateway = assets.find(({ door }) => door === 'Gateway')
    const index = join(gateway?.dir ?? '', 'index.mjs')

    expect(statSync(index).size).toBeLessThan(700_000)
    expect(readFileSync(index, 'utf8')).not.toContain('SecretsManagerClient=')
    expect(readFileSync(index, 'utf8')).not.toMatch(/from"yaml"|ZodError/)
  })
})

import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { afterAll, describe, expect, it } from 'vitest'
import { bundle } from '../../infra/bundle.ts'
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
      expect(
        files.filter(
          (file) => !/^(index|chunk-\w+)\.mjs$|^config\.json$|^client-h2\.js$|^llhttp\.wasm$|^node_modules$/.test(file),
        ),
      ).toEqual([])
      expect(readFileSync(join(dir, 'client-h2.js'), 'utf8')).toBe('')
    }
  })

  it('have packages of their own only where credentials may have to be fetched', () => {
    const packages = (door: string) => {
      const { dir } = assets.find((asset) => asset.door === door) ?? { dir: '' }
      return globSync('node_modules/**', { cwd: dir }).filter((file) => /\.\w+$/.test(file))
    }
    const vendored = ['index.mjs', 'package.json'].map((file) => `node_modules/@aws-sdk/client-dynamodb/${file}`)

    expect(packages('Gateway').sort()).toEqual(vendored)
    expect(packages('Admin')).toEqual([])
  })

  it('leave the SDK out of what the gateway reads at a cold start, which is 350 KB at most', () => {
    const { dir = '' } = assets.find(({ door }) => door === 'Gateway') ?? {}
    const eager = new Set(['index.mjs'])
    for (const file of eager)
      for (const [, next] of readFileSync(join(dir, file), 'utf8').matchAll(/(?:from|import)"\.\/(chunk-\w+\.mjs)"/g))
        eager.add(next ?? '')
    const code = [...eager].map((file) => readFileSync(join(dir, file), 'utf8')).join('\n')

    const parser = readFileSync(join(dir, 'llhttp.wasm'))

    expect(eager.size).toBeGreaterThan(1)
    expect(parser.subarray(0, 4).toString('latin1')).toBe('\0asm')
    expect(Buffer.byteLength(code) + parser.length).toBeLessThan(350 * 1024)
    expect(code).not.toMatch(/(?:from|import)\s*"@aws-sdk/)
    expect(code).not.toMatch(/from"yaml"|ZodError|AdaptiveRetryStrategy/)
  })
})

describe('the bundled web function', () => {
  it('is started by the name that the platform knows, as a module', () => {
    const dir = mkdtempSync(join(tmpdir(), 'purser-server-'))
    bundle('server', dir, config)
    const files = readdirSync(dir)
    const about = readFileSync(join(dir, 'package.json'), 'utf8')
    rmSync(dir, { recursive: true })

    expect(files).toContain('index.js')
    expect(
      files.filter((file) => !/\.js$|^llhttp\.wasm$|^config\.json$|^package\.json$|^node_modules$/.test(file)),
    ).toEqual([])
    expect(JSON.parse(about)).toEqual({ type: 'module' })
  })
})

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { masterKeyOf, readSettings } from '../../infra/local/settings.ts'

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'purser-settings-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

test('reads a .env beside the config, and lets the environment win over it', () => {
  writeFileSync(join(dir, '.env'), 'PORT=5000\nOPENAI_API_KEY="sk-file"\nHOST=0.0.0.0\n')

  const settings = readSettings({ PURSER_CONFIG: join(dir, 'config.yaml'), HOST: '127.0.0.1' })

  expect(settings).toMatchObject({ port: 5000, host: '127.0.0.1', dataDir: '.purser' })
  expect(settings.env.OPENAI_API_KEY).toBe('sk-file')
})

test.each(['http', '70000', '-1', '80.5'])('refuses PORT=%s in words', (PORT) => {
  expect(() => readSettings({ PORT, PURSER_CONFIG: join(dir, 'x') })).toThrow(`PORT is '${PORT}'`)
})

test('takes the master key from the environment, else from the config', () => {
  const settings = readSettings({ PURSER_MASTER_KEY: 'sk-env', PURSER_CONFIG: join(dir, 'x') })

  expect(masterKeyOf('sk-config', settings).value).toBe('sk-env')
  expect(masterKeyOf('sk-config', { ...settings, env: {} }).value).toBe('sk-config')
})

test('makes a master key once, and keeps it where only its owner can read it', () => {
  const settings = readSettings({ PURSER_CONFIG: join(dir, 'x'), PURSER_DATA_DIR: join(dir, 'data') })

  const first = masterKeyOf(undefined, settings)
  const second = masterKeyOf(undefined, settings)

  expect(first.value).toMatch(/^sk-[\w-]{43}$/)
  expect(second.value).toBe(first.value)
  expect(first.from).toContain(first.value)
  expect(statSync(join(dir, 'data', 'master-key')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(dir, 'data', 'master-key'), 'utf8').trim()).toBe(first.value)
})

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const ensure = fileURLToPath(new URL('../../infra/cli/ensure.mjs', import.meta.url))
const earlier = new Date('2026-01-01')
const later = new Date('2026-02-01')

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'purser-ensure-'))
  mkdirSync(join(root, 'node_modules'))
  // Stands in for npm: writes down how it was called, and ends as its name says.
  for (const [name, code] of [
    ['npm.js', 0],
    ['broken-npm.js', 1],
  ] as const)
    writeFileSync(
      join(root, name),
      `require('fs').writeFileSync('called', process.argv.slice(2).join(' ')); process.exit(${code})`,
    )
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const wanted = {
  '': {},
  'node_modules/a': { version: '1.0.0' },
  'node_modules/b': { version: '2.0.0', optional: true },
}

const write = (name: string, packages: unknown, time: Date) => {
  writeFileSync(join(root, name), JSON.stringify({ packages }))
  utimesSync(join(root, name), time, time)
}

const run = (npm = 'npm.js') => {
  const env = { ...process.env, npm_execpath: join(root, npm) }
  const { status, stdout, stderr } = spawnSync(process.execPath, [ensure, root], { env, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

test('is silent where everything is installed', () => {
  write('package-lock.json', wanted, earlier)
  write('node_modules/.package-lock.json', {}, later)

  expect(run()).toEqual({ status: 0, output: '' })
})

test('installs nothing where only the time of the lock file is new; an optional package may be missing', () => {
  write('package-lock.json', wanted, later)
  write('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } }, earlier)

  expect(run()).toEqual({ status: 0, output: '' })
  expect(statSync(join(root, 'node_modules/.package-lock.json')).mtime > later).toBe(true)
})

test.each([
  ['nothing is installed', undefined],
  ['another version is installed', { 'node_modules/a': { version: '0.9.0' } }],
  ['a package is missing', { 'node_modules/b': { version: '2.0.0' } }],
])('runs npm ci where %s', (_, installed) => {
  write('package-lock.json', wanted, later)
  if (installed) write('node_modules/.package-lock.json', installed, earlier)

  const { status } = run()

  expect(status).toBe(0)
  expect(readFileSync(join(root, 'called'), 'utf8')).toMatch(/^ci /)
})

test('says what to do where npm fails', () => {
  write('package-lock.json', wanted, later)

  const { status, output } = run('broken-npm.js')

  expect(status).toBe(1)
  expect(output).toContain('npm ci failed')
})

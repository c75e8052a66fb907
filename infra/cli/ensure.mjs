// oxlint-disable typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access -- no types here
// Runs before `npm start` and `npm test`, on whatever Node the machine has (18 or later), so it is plain JavaScript without
// dependencies: installs what package-lock.json asks for where that is not there yet, and makes sure of Node 24. Silent
// where there is nothing to do.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const lockFile = join(root, 'package-lock.json')
const installedFile = join(root, 'node_modules', '.package-lock.json')
const wantedMajor = 24

if (!isInstalled()) install()
checkNode()

/** By time; where the lock file is newer (a checkout touches it), by what it says, so that nothing is installed again for no reason. */
function isInstalled() {
  if (!existsSync(installedFile)) return false
  if (statSync(lockFile).mtimeMs <= statSync(installedFile).mtimeMs) return true
  const installed = packagesIn(installedFile)
  const same = Object.entries(packagesIn(lockFile)).every(
    ([path, wanted]) =>
      path === '' || (installed[path] ? installed[path].version === wanted.version : wanted.optional === true),
  )
  if (same) utimesSync(installedFile, new Date(), new Date())
  return same
}

function packagesIn(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {}
}

function install() {
  console.log('Installing the packages of package-lock.json (once; about a minute at most) ...')
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = process.env.npm_execpath
  const options = { cwd: root, stdio: 'inherit' }
  const result = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
  if (result.status !== 0) fail('npm ci failed; its reason stands above. With the registry in reach, run: npm ci')
}

/** The package `node` is put there by an install script: without it (`--ignore-scripts`, a policy of npm 12) the old Node would run. */
function checkNode() {
  if (major(process.version) >= wantedMajor) return
  const own = join(root, 'node_modules', '.bin', 'node')
  const found = existsSync(own) ? spawnSync(own, ['--version'], { encoding: 'utf8' }).stdout?.trim() : undefined
  if (found && major(found) >= wantedMajor) return
  fail(
    `Node ${wantedMajor} is needed, this is ${process.version}, and the install script of the package "node" did not run. ` +
      'Run: npm rebuild node --ignore-scripts=false   (or use Node 24 yourself)',
  )
}

function major(version) {
  return Number(/^v?(\d+)/.exec(version)?.[1] ?? 0)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

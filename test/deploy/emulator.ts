import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { awsEnvironment, here, path, run, venv } from './places.ts'

export type Emulator = { url: string; stop: () => Promise<void> }

/** What the stack and its deployment use; whatever else the emulator can do listens on more ports. */
const services =
  'cloudformation,s3,ssm,iam,sts,ecr,kms,dynamodb,lambda,events,scheduler,sqs,sns,secretsmanager,logs,monitoring,cloudfront,wafv2'

/**
 * MiniStack on loopback, which checks signatures and roles (`AUTH`). It runs functions by the first `node` on its path: a shim that
 * puts Lambda's own runtime client in the place of its worker. They reach AWS through the front (`frontUrl`).
 */
export async function startEmulator(ports: { own: number; front: number }): Promise<Emulator> {
  const bin = join(run, 'bin')
  mkdirSync(bin, { recursive: true })
  const shim = `#!/bin/sh\ncase "$1" in *_worker.js) exec '${process.execPath}' '${join(here, 'worker.ts')}' ;; *) exec '${process.execPath}' "$@" ;; esac\n`
  writeFileSync(join(bin, 'node'), shim)
  chmodSync(join(bin, 'node'), 0o755)
  // Its own worker is a CommonJS file below TMPDIR, above which our package.json says "module".
  writeFileSync(join(run, 'tmp/package.json'), '{"type":"commonjs"}')
  const log = openSync(join(run, 'emulator.log'), 'a')
  const child = spawn(join(venv, 'bin/ministack'), {
    cwd: run,
    stdio: ['ignore', log, log],
    env: {
      ...awsEnvironment(`http://127.0.0.1:${ports.front}`),
      PATH: [bin, path].join(delimiter),
      AUTH: 'true',
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      GATEWAY_PORT: String(ports.own),
      LAMBDA_WARM_TTL_SECONDS: '30',
      SERVICES: services,
    },
  })
  // Whatever ends this process, the emulator does not outlive it.
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  const url = `http://127.0.0.1:${ports.own}`
  await ready(child, `${url}/_ministack/health`)
  return { url, stop: () => stopped(child) }
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  for (let tries = 0; tries < 2400; tries++) {
    if (child.exitCode !== null) throw new Error(`the emulator stopped with ${child.exitCode}; see ${run}/emulator.log`)
    if (
      await fetch(url).then(
        (reply) => reply.ok,
        () => false,
      )
    )
      return
    await sleep(50)
  }
  throw new Error(`the emulator is not up after two minutes; see ${run}/emulator.log`)
}

/** Its workers end with their standard input. */
async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const patience = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(patience)
}

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import type { Deployed } from './account.ts'
import { run } from './places.ts'
import { installTools } from './tools.ts'

declare module 'vitest' {
  interface ProvidedContext {
    deployed: Deployed
  }
}

/** Deploys the stack to an emulated account for all tests of the suite. The function it resolves to takes everything away. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const began = performance.now()
  const step = (text: string) => process.stderr.write(`${((performance.now() - began) / 1000).toFixed(1)} s  ${text}\n`)
  installTools()
  step('tools installed')
  rmSync(run, { recursive: true, force: true })
  mkdirSync(join(run, 'tmp'), { recursive: true })
  // Not before: it imports the runtime client, which has just been installed.
  const { startAccount } = await import('./account.ts')
  const { deployed, stop } = await startAccount(step)
  project.provide('deployed', deployed)
  return stop
}

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startUpstream } from '../support/upstream.ts'
import { cdk, type Outputs } from './cdk.ts'
import { writeConfig } from './configs.ts'
import { startEmulator } from './emulator.ts'
import { startFront } from './front.ts'
import { freePort, run } from './places.ts'
import { installTools } from './tools.ts'
import { startReceiver } from './receiver.ts'

/** What the tests need to know of what was deployed. */
export type Deployed = {
  endpoint: string
  outputs: Outputs
  /** What a deployment is told besides the config: an update that leaves it out would take it away. */
  settings: Record<string, string>
  upstreamUrl: string
  webhookUrl: string
}

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
  const stops: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const one of stops.splice(0).toReversed()) await one().catch((error: unknown) => step(String(error)))
    step('everything stopped')
  }
  try {
    const [upstream, webhook, collector] = [await startUpstream(), await startReceiver(), await startReceiver()]
    stops.push(
      () => upstream.stop(),
      () => webhook.stop(),
      () => collector.stop(),
    )
    const ports = { own: await freePort(), front: await freePort() }
    const emulator = await startEmulator(ports)
    stops.push(emulator.stop)
    const front = await startFront(ports.front, ports.own)
    stops.push(front.stop)
    step('the emulator is up')
    const deployment = cdk(front.url)
    await deployment.bootstrap()
    step('bootstrapped')
    const config = writeConfig('first', upstream.url, ['*'])
    const settings = { otlp: collector.url }
    const outputs = await deployment.deploy({ ...settings, config })
    stops.push(deployment.destroy)
    step('deployed')
    project.provide('deployed', {
      endpoint: front.url,
      outputs,
      settings,
      upstreamUrl: upstream.url,
      webhookUrl: webhook.url,
    })
    return stop
  } catch (error) {
    await stop()
    throw error
  }
}

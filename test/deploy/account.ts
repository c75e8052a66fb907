import { quietPort } from '../support/quiet-port.ts'
import { startUpstream } from '../support/upstream.ts'
import { cdk, type Outputs } from './cdk.ts'
import { writeConfig } from './configs.ts'
import { startEmulator } from './emulator.ts'
import { startFront } from './front.ts'
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

type Account = { deployed: Deployed; stop: () => Promise<void> }

/** An emulated account with the stack deployed in it, a provider for its models, a webhook and a collector. `step` hears of each. */
export async function startAccount(step: (text: string) => void): Promise<Account> {
  const stops: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const one of stops.splice(0).toReversed()) await one().catch((error: unknown) => step(String(error)))
    step('everything stopped')
  }
  try {
    return { deployed: await start(stops, step), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(stops: (() => Promise<unknown>)[], step: (text: string) => void): Promise<Deployed> {
  const kept = <T extends { stop: () => Promise<unknown> }>(one: T): T => {
    stops.push(() => one.stop())
    return one
  }
  const upstream = kept(await startUpstream())
  const [webhook, collector] = [kept(await startReceiver()), kept(await startReceiver())]
  const ports = { own: await quietPort(), front: await quietPort() }
  kept(await startEmulator(ports))
  const front = kept(await startFront(ports.front, ports.own))
  step('the emulator is up')
  const deployment = cdk(front.url)
  await deployment.bootstrap()
  step('bootstrapped')
  const settings = { otlp: collector.url }
  const outputs = await deployment.deploy({ ...settings, config: writeConfig('first', upstream.url, ['*']) })
  kept({ stop: deployment.destroy })
  step('deployed')
  return { endpoint: front.url, outputs, settings, upstreamUrl: upstream.url, webhookUrl: webhook.url }
}

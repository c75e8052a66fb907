import { afterAll, beforeAll } from 'vitest'
import type { Price } from '../../lib/core/money.ts'
import { config, deployment } from './configuration.ts'
import { freshStore } from './store.ts'
import { type ScriptedUpstream, startUpstream } from './upstream.ts'
import { startWired, type Wired } from './wired.ts'

/** What every suite of lost answers stands on; there from `beforeAll` on. */
export type LostStage = { wired: Wired; upstream: ScriptedUpstream; store: Awaited<ReturnType<typeof freshStore>> }

/** The whole gateway over a network that loses answers, before one model (`ok`) at this price. `ready` runs before the first test. */
export function lostStage(
  { price, budgetWaitMs }: { price: Price; budgetWaitMs: number },
  ready: (stage: LostStage) => void,
): void {
  let stage: LostStage | undefined
  beforeAll(async () => {
    const [store, upstream] = [await freshStore(), await startUpstream()]
    const model = { apiBase: { value: upstream.url }, apiKey: { value: 'sk-up' }, price }
    const deployments = [deployment({ group: 'ok', model: 'ok,tokens=10', ...model })]
    const wired = await startWired(config({ deployments, budgetWaitMs }), store)
    stage = { store, upstream, wired }
    ready(stage)
  })
  afterAll(async () => {
    await stage?.wired.stop()
    await stage?.upstream.stop()
    await stage?.store.stop()
  })
}

/** A call of that model: ten output tokens. */
export const askOk = { model: 'ok', messages: [{ role: 'user', content: 'hi' }], max_tokens: 10 }

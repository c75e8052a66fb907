import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonObject } from '../../lib/core/json.ts'
import type { Client } from '../support/faults.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'
import type { Model } from '../whole/server.ts'
import { ask, type Gateway, type Host, modelOf, seenOf, startGateway } from './gateway.ts'
import { type Evidence, judge, type Scenario, scenarios, type Verdict, whole } from './scenarios.ts'

/** Who asks, of whom, and whether for a stream. */
export type Way = { client: Client; host: Host; streamed: boolean }
export type Result = { id: string; verdict: Verdict; why: string }

const flapping = 'S15 down for a minute, then healthy'
const flaps = { count: 20, everyMs: 4000, mostMs: 30_000, downMs: 60_000, backWithinMs: 30_000 }

export const nameOf = ({ client, host, streamed }: Way) =>
  `${client} of ${host}, ${streamed ? 'streamed' : 'not streamed'}`

/** Two retries, 30 seconds, one fallback: what the bench gives to everybody. */
const baseline = { num_retries: 2, timeout: 30 }

/** One scenario on one way: models of its own, so that all run at once and every attempt is told apart. */
type Run = { id: string; scenario: Scenario; way: Way; model: string; script: string; fallback: string; spare: string }

function runsOf(ways: readonly Way[]): Run[] {
  const all = {
    ...scenarios,
    [flapping]: { script: `down,for=${flaps.downMs},tokens=60,gap=15`, mostMs: flaps.mostMs },
  }
  return ways.flatMap((way, at) =>
    Object.entries(all).map(([id, scenario]: [string, Scenario]) => ({
      id,
      scenario,
      way,
      model: `${id.slice(0, 3)}-${at}`,
      script: `${scenario.script},v=${id.slice(0, 3)}-${at}`,
      fallback: `fallback-${id.slice(0, 3)}-${at}`,
      spare: `${scenario.fallback ?? 'ok,tokens=60,gap=15'},f=${id.slice(0, 3)}-${at}`,
    })),
  )
}

function modelsOf(url: string, runs: readonly Run[]): Model[] {
  const alive = modelOf(url, 'openai', 'ok,alive=1', 'alive')
  return [
    alive,
    ...runs.flatMap(({ way, model, script, fallback, spare }) => [
      modelOf(url, way.host, script, model),
      modelOf(url, way.host, spare, fallback),
    ]),
  ]
}

type Bench = { gateway: Gateway; upstream: ScriptedUpstream; key: string }

/** The whole bench, every way, against one gateway with these settings. All scenarios run at once. */
export async function sixteen(
  ways: readonly Way[],
  { router = {}, general = {} }: { router?: JsonObject; general?: JsonObject },
): Promise<Map<string, Result[]>> {
  const upstream = await startUpstream()
  const runs = runsOf(ways)
  const fallbacks = runs.map(({ model, fallback }) => ({ [model]: [fallback] }))
  const gateway = await startGateway(modelsOf(upstream.url, runs), {
    router_settings: { ...baseline, ...router, fallbacks, context_window_fallbacks: fallbacks },
    general_settings: general,
  })
  try {
    const bench = { gateway, upstream, key: await gateway.makeKey({ max_budget: 1000 }) }
    // The first requests of a process are slow, and on a busy machine slower than the bench's bounds.
    for (let n = 0; n < 30; n++)
      await ask(gateway.url, { client: 'chat', key: bench.key, model: 'alive', body: { stream: n % 2 === 0 } }, 30_000)
    const results = await Promise.all(
      runs.map(async (run, at) => {
        // Not all in the same instant: what is measured is the provider's fault, not this machine's.
        if (run.id !== flapping) await sleep(at * 400)
        return {
          way: nameOf(run.way),
          ...(run.id === flapping ? await sequence(bench, run) : await single(bench, run)),
        }
      }),
    )
    return Map.groupBy(results, ({ way }) => way)
  } finally {
    await gateway.stop()
    await upstream.stop()
  }
}

const bodyOf = ({ client, streamed }: Way) => ({
  stream: streamed,
  ...(streamed && client === 'chat' && { stream_options: { include_usage: true } }),
})

async function single({ gateway, upstream, key }: Bench, run: Run): Promise<Result> {
  const { id, scenario, way, model, script, fallback, spare } = run
  const asking = { client: way.client, key, model, body: bodyOf(way) }
  const outcome = await ask(gateway.url, asking, scenario.mostMs)
  const healthy = await ask(gateway.url, { client: 'chat', key, model: 'alive' }, 30_000)
  const seen: Evidence = {
    outcome,
    primary: seenOf(upstream, script),
    fallback: seenOf(upstream, spare),
    isAlive: healthy.kind === 'answer',
    streamed: way.streamed,
    fallbackModel: fallback,
  }
  return { id, ...judge(scenario, seen) }
}

/** Twenty requests, one every four seconds, while the provider is down for a minute. */
async function sequence({ gateway, upstream, key }: Bench, run: Run): Promise<Result> {
  const { id, way, model, script } = run
  const startedAt = Date.now()
  const asked = Array.from({ length: flaps.count }, async (_, n) => {
    await sleep(n * flaps.everyMs)
    return ask(gateway.url, { client: way.client, key, model, body: bodyOf(way) }, flaps.mostMs)
  })
  const outcomes = await Promise.all(asked)
  const unserved = outcomes.filter(({ kind, told }) => kind !== 'answer' || told.text !== whole)
  const primary = seenOf(upstream, script)
  const upAt = (primary[0]?.at ?? startedAt) + flaps.downMs
  const backMs = (primary.find(({ at, billable }) => billable && at >= upAt)?.at ?? Infinity) - upAt
  const inOutage = primary.filter(({ at }) => at < upAt).length
  const why = `${unserved.length} of ${flaps.count} unserved, back after ${backMs} ms, ${inOutage} attempts while it was down`
  // More attempts in the outage than requests: it is hammered.
  const well = unserved.length === 0 && backMs <= flaps.backWithinMs && inOutage <= flaps.downMs / flaps.everyMs
  return { id, why, verdict: well ? 'pass' : 'fail' }
}

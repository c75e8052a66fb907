import { systemClock } from '../../lib/core/clock.ts'
import type { Config } from '../../lib/core/config.ts'
import { defaultRouting, routingStrategies } from '../../lib/core/routing.ts'
import { routing } from '../../lib/steps/routing.ts'
import { config, deployment } from '../support/configuration.ts'
import { candidatesOf, taskOf } from '../support/routing.ts'
import { startUpstream } from '../support/upstream.ts'
import { home, startServer } from '../whole/server.ts'

// What it costs to choose whom to ask, and to ask somebody else after a failure, against a client that talks to the provider
// itself: everything interleaved in one run, one request at a time, medians and their ratios. Run: npx -c 'node test/bench/routing.ts [ROUNDS]'
const rounds = Number(process.argv[2] ?? 400)
const answer = 'ok,tokens=8'
const refusal = 'status,status=503'

const steps = await stepsMs()
const upstream = await startUpstream()
const at = home(models(), {
  router_settings: { routing_strategy: 'latency-based-routing', disable_cooldowns: true, num_retries: 2 },
})
const server = await startServer(at)
const key = await server.makeKey()
const direct = (model: string) => () => post(`${upstream.url}/v1/chat/completions`, model, 'sk-upstream')
const through = (model: string) => () => post(`${server.url}/v1/chat/completions`, model, key)
const [ok, refused] = [direct(answer), direct(refusal)]
const ways = {
  'no gateway': ok,
  'no gateway, after a refusal': () => refused().then(ok),
  'one deployment': through('one'),
  'one of eight': through('eight'),
  'a failover': through('failover'),
}
type Way = keyof typeof ways

const taken = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]))
try {
  for (let round = -50; round < rounds; round++)
    for (const [name, call] of Object.entries(ways)) {
      const startedAt = performance.now()
      await call()
      if (round >= 0) taken.get(name)?.push(performance.now() - startedAt)
      upstream.forget()
    }
} finally {
  await server.stop()
  await at.remove()
  await upstream.stop()
}
report()

function models() {
  const prices = {
    input_cost_per_token: 1e-6,
    output_cost_per_token: 1e-6,
    api_key: 'sk-upstream',
    api_base: `${upstream.url}/v1`,
  }
  const entry = (name: string, script: string, more = {}) => ({
    name,
    params: { model: `openai/${script}`, ...prices, ...more },
  })
  return [
    entry('one', answer),
    ...Array.from({ length: 8 }, (_, n) => entry('eight', `${answer},n=${n}`)),
    entry('failover', refusal, { order: 1 }),
    entry('failover', answer, { order: 2 }),
  ]
}

async function post(url: string, model: string, bearer: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  })
  const text = await response.text()
  if (response.status !== 200 && model !== refusal) throw new Error(`${model} answered ${response.status}: ${text}`)
}

/** One choice among eight deployments, and the note of how it ended, by strategy: the whole of routing's work for a request. */
async function stepsMs(): Promise<Map<string, number>> {
  const deployments = Array.from({ length: 8 }, (_, n) => deployment({ group: 'eight', id: `n${n}` }))
  const found = new Map<string, number>()
  for (const strategy of routingStrategies) {
    const settings: Config = config({ deployments, routing: { ...defaultRouting, strategy } })
    const one = routing(settings, { clock: systemClock, random: Math.random, log: () => {} })
    const tier = candidatesOf(settings)
    const task = taskOf()
    const choose = async () => {
      const [first] = await one.candidates(tier, task)
      if (!first) throw new Error('nobody to ask')
      const turn = one.started(first, task)
      turn.answered(100)
      turn.ended({ tokens: 10 })
    }
    for (let n = 0; n < 5000; n++) await choose()
    const times = 20_000
    const startedAt = performance.now()
    for (let n = 0; n < times; n++) await choose()
    found.set(strategy, (performance.now() - startedAt) / times)
  }
  return found
}

function report(): void {
  const median = (name: Way) => taken.get(name)?.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0
  for (const name of Object.keys(ways) as Way[]) console.log(`${name.padEnd(30)} ${median(name).toFixed(3)} ms`)
  const ratio = (name: string, a: number, b: number) => console.log(`${name.padEnd(62)} ${(a / b).toFixed(2)}`)
  ratio('a request through the gateway, against none', median('one deployment'), median('no gateway'))
  ratio('a choice among eight, against a single deployment', median('one of eight'), median('one deployment'))
  ratio(
    'a failover, against a client that asks twice itself',
    median('a failover'),
    median('no gateway, after a refusal'),
  )
  const added = median('a failover') - median('one deployment')
  ratio(
    'what a failover adds, against a second call by the client',
    added,
    median('no gateway, after a refusal') - median('no gateway'),
  )
  const own = median('one deployment') - median('no gateway')
  for (const [strategy, ms] of steps)
    console.log(
      `routing step, ${strategy.padEnd(24)} ${(ms * 1000).toFixed(1)} us, ${((100 * ms) / own).toFixed(1)} % of what the gateway adds`,
    )
}

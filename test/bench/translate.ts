import type { ClientDialect, DialectName, StreamStep } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { callOf, exchangeOptions } from '../support/translated.ts'
import { requests, streams, wordsOf } from './streams.ts'

// What an event of a streamed answer costs, from the provider's bytes to the client's, for every pair of tongues. A client's own
// tongue is passed on, every other is translated; the ratio is against passing on, to the same client, in the same run.
// Run: npx -c 'node test/bench/translate.ts'
const count = 200
const rounds = 45
const streamsARound = 20

type Pair = { client: ClientDialect; upstream: DialectName; play: () => StreamStep[]; timesUs: number[] }

const words = wordsOf(count)
const clients = Object.keys(requests) as ClientDialect[]
const upstreams = Object.keys(streams) as DialectName[]
const pairs: Pair[] = []
for (const client of clients) for (const upstream of upstreams) pairs.push(await pairOf(client, upstream))

for (const pair of pairs) check(pair)
// Every pair in every round: what else this machine does hits them all alike. The first third only warms the compiler.
for (let round = 0; round < rounds; round++)
  for (const { play, timesUs } of pairs) {
    const from = process.cpuUsage()
    for (let i = 0; i < streamsARound; i++) play()
    // CPU, not time: what else runs here must not count. Collecting garbage is part of the price.
    const { user, system } = process.cpuUsage(from)
    if (round >= rounds / 3) timesUs.push((user + system) / streamsARound / count)
  }

const base = new Map(
  pairs.filter(({ client, upstream }) => client === upstream).map((pair) => [pair.client, costOf(pair)]),
)
console.log(
  `CPU us per event of a stream of ${count} (median of ${rounds - Math.ceil(rounds / 3)} rounds), and its ratio to passing on\n`,
)
console.log(['from \\ to'.padEnd(10), ...clients.map((client) => client.padStart(20))].join(''))
for (const upstream of upstreams)
  console.log([upstream.padEnd(10), ...clients.map((client) => cell(client, upstream).padStart(20))].join(''))

async function pairOf(client: ClientDialect, upstream: DialectName): Promise<Pair> {
  const chunks = streams[upstream](words)
  const framing = upstream === 'converse' ? ('eventstream' as const) : undefined
  const options = exchangeOptions({ upstreamModel: 'm', publicModel: 'm', ...(framing && { framing }) })
  const bound = await exchange({ client, upstream }, callOf(requests[client]), options)
  const play = () => {
    const reader = bound.stream()
    const steps = chunks.map((chunk) => reader.push(chunk))
    // Some tongues have no end marker: their answer is whole once its bytes have ended.
    return steps.some(({ finished }) => finished) ? steps : [...steps, reader.end()]
  }
  return { client, upstream, play, timesUs: [] }
}

/** A bench of something that does not work would measure nothing: every word must come out, and the end of the answer. */
function check({ client, upstream, play }: Pair): void {
  const steps = play()
  const text = Buffer.concat(steps.flatMap(({ bytes, tail }) => [...bytes, ...tail])).toString()
  const failure = steps.find((step) => step.failure)?.failure
  const lost = words.filter((word) => !text.includes(JSON.stringify(word)))
  if (failure || lost.length || !steps.some(({ finished }) => finished))
    throw new Error(`${upstream} to ${client}: ${failure?.message ?? `${lost.length} words are lost, or the end is`}`)
}

function costOf({ timesUs }: Pair): number {
  return timesUs.toSorted((a, b) => a - b)[Math.floor(timesUs.length / 2)] ?? Number.NaN
}

function cell(client: ClientDialect, upstream: DialectName): string {
  const pair = pairs.find((one) => one.client === client && one.upstream === upstream)
  const us = pair ? costOf(pair) : Number.NaN
  const ratio = us / (base.get(client) ?? Number.NaN)
  return `${us.toFixed(2)} us  x${ratio.toFixed(1)}`
}

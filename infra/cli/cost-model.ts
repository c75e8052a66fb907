import { metricUnits } from '../../lib/core/metrics.ts'
import { type PriceName, prices } from './cost-prices.ts'

/** A month of calls: how many, how long each takes on average, and how many output tokens it streams. */
export type Traffic = { requests: number; seconds: number; tokens: number }

/** One line of a bill: so many units at a list price. */
export type Line = { what: string; price: PriceName; units: number }

export const hoursPerMonth = 730
const secondsPerMonth = hoursPerMonth * 3600
const gb = 1e9

/** Stated beside every result: what the model takes for granted. */
const assumed = {
  memoryGb: 0.25,
  /** Our own time beside the provider's, and after the answer. */
  overheadSeconds: 0.05,
  aggregatorSeconds: 0.15,
  logBytes: 1500,
  /** One streamed token as an SSE event, as sent to a client. */
  tokenBytes: 250,
  promptBytes: 4000,
  /** Records of key and owner, a look at soft limits. */
  readUnits: 3,
  /** Of a key and its team: held at once, settled one by one where traffic is thin. */
  budgets: 2,
  /** Of key, team, model and provider, each a day and a total. */
  rollups: 8,
  ledgerBytes: 1024,
  /** Lambda asks an empty queue about five times in twenty seconds. */
  idlePolls: (5 / 20) * secondsPerMonth,
  alarms: 16,
  /** Of three model groups, two providers and five error codes in use (lib/core/metrics.ts), every hour of the month. */
  metrics: Object.keys(metricUnits).length + 4 * 3 + 3 * 2 + 5,
  dashboards: 1,
  /** The busiest second of a month, against its average. */
  peak: 10,
} as const

const perHour = (what: string, price: PriceName, count: number): Line => ({ what, price, units: count * hoursPerMonth })

/** Bytes of an answer to the client, and of what the provider sent for it: the same for every gateway. */
const answerBytes = ({ requests, tokens }: Traffic) => requests * (tokens * assumed.tokenBytes + 1000)
const egress = (traffic: Traffic): Line => ({
  what: 'answers to the internet',
  price: 'egressGb',
  units: answerBytes(traffic) / gb,
})
const logs = ({ requests }: Traffic): Line => ({
  what: 'logs',
  price: 'logGb',
  units: (requests * assumed.logBytes) / gb,
})

/** Purser behind a function URL. Waiting for the provider is billed; an idle month costs what is listed for no requests. */
export function purserLines(traffic: Traffic): Line[] {
  const { requests, seconds } = traffic
  // Events of one second share a batch, and within it one update per window and per roll-up.
  const batches = requests && requests / Math.max(1, Math.min(100, (requests / secondsPerMonth) * 1))
  const relays = secondsPerMonth / 60
  const { budgets, rollups, memoryGb } = assumed
  return [
    {
      what: 'gateway: time',
      price: 'lambdaGbSecond',
      units: requests * (seconds + assumed.overheadSeconds) * memoryGb,
    },
    { what: 'gateway: calls', price: 'lambdaRequest', units: requests },
    { what: 'holds', price: 'dynamoWrite', units: requests * budgets },
    { what: 'settlements', price: 'dynamoWrite', units: batches * budgets },
    // In a transaction, which costs twice.
    { what: 'ledger and roll-ups', price: 'dynamoWrite', units: 2 * (requests + batches * rollups) },
    { what: 'reads', price: 'dynamoRead', units: requests * assumed.readUnits + relays * 8 },
    { what: 'ledger kept for a year', price: 'dynamoGbMonth', units: (requests * assumed.ledgerBytes * 12) / gb },
    { what: 'its backup', price: 'dynamoBackupGbMonth', units: (requests * assumed.ledgerBytes * 12) / gb },
    { what: 'spend events', price: 'eventBridgeEvent', units: requests },
    { what: 'queue', price: 'sqsRequest', units: requests + 2 * batches + assumed.idlePolls },
    {
      what: 'aggregator: time',
      price: 'lambdaGbSecond',
      units: (batches + relays) * assumed.aggregatorSeconds * memoryGb,
    },
    { what: 'aggregator: calls', price: 'lambdaRequest', units: batches + relays },
    { what: 'schedules', price: 'schedulerInvocation', units: relays },
    logs(traffic),
    egress(traffic),
    { what: 'secret', price: 'secretMonth', units: 1 },
    { what: 'alarms', price: 'alarmMonth', units: assumed.alarms },
    { what: 'metrics', price: 'metricMonth', units: requests ? assumed.metrics : 1 },
    { what: 'dashboard', price: 'dashboardMonth', units: assumed.dashboards },
  ]
}

/** A size of LiteLLM on ECS: what its documentation says, or the least that has two tasks and a database. */
export type Size = 'documented' | 'least'

const sizes = {
  // Two gateways of 4 vCPU and 8 GB, Aurora writer and reader, Redis of 2 vCPU and 8 GB in two zones, private subnets.
  documented: {
    tasks: 2,
    cpu: 4,
    memoryGb: 8,
    requestsPerSecond: 500,
    acu: 2,
    redis: ['redisLargeHour', 2],
    nats: 1,
    addresses: 3,
  },
  // Two gateways of 1 vCPU and 4 GB, one idle Aurora writer, the smallest Redis, public subnets.
  least: {
    tasks: 2,
    cpu: 1,
    memoryGb: 4,
    requestsPerSecond: 70,
    acu: 0.5,
    redis: ['redisMicroHour', 1],
    nats: 0,
    addresses: 4,
  },
} as const satisfies Record<Size, { redis: readonly [PriceName, number] } & Record<string, unknown>>

/** LiteLLM on ECS Fargate with Aurora Serverless v2, ElastiCache for Redis and a load balancer. It costs the same while idle. */
export function litellmLines(traffic: Traffic, size: Size): Line[] {
  const { requests, seconds } = traffic
  const { cpu, memoryGb, acu, redis, nats, addresses, requestsPerSecond, tasks: fewest } = sizes[size]
  const rate = requests / secondsPerMonth
  const tasks = Math.max(fewest, Math.ceil((rate * assumed.peak) / requestsPerSecond))
  const bytes = answerBytes(traffic) + requests * assumed.promptBytes
  const balancer = Math.max(rate / 25, (rate * seconds) / 3000, bytes / gb / hoursPerMonth)
  return [
    perHour('tasks: vCPU', 'fargateCpuHour', tasks * cpu),
    perHour('tasks: memory', 'fargateGbHour', tasks * memoryGb),
    perHour('Aurora', 'auroraAcuHour', acu),
    { what: 'Aurora: log kept for a year', price: 'auroraGbMonth', units: (requests * 1500 * 12) / gb },
    { what: 'Aurora: I/O', price: 'auroraIo', units: requests * 3 },
    perHour('Redis', redis[0], redis[1]),
    perHour('load balancer', 'balancerHour', 1),
    perHour('load balancer: units', 'balancerUnitHour', balancer),
    perHour('NAT gateway', 'natHour', nats),
    { what: 'NAT gateway: data', price: 'natGb', units: nats && bytes / gb },
    perHour('public addresses', 'addressHour', addresses),
    logs(traffic),
    egress(traffic),
    { what: 'secret', price: 'secretMonth', units: 2 },
  ]
}

export const costOf = ({ price, units }: Line): number => units * prices[price].dollars

export const totalOf = (lines: readonly Line[]): number => lines.reduce((sum, line) => sum + costOf(line), 0)

export const assumptions: readonly string[] = [
  `us-east-1, list prices of ${prices.lambdaRequest.date}, no free tier, no savings plan; the provider's own bill is not in it`,
  `Purser: ${assumed.memoryGb * 1024} MB, arm64, ${assumed.budgets} budgets a call, ${assumed.rollups} roll-ups, ${assumed.alarms} alarms, ${assumed.metrics} metrics`,
  `both: ${assumed.tokenBytes} bytes to the client per streamed token, ${assumed.logBytes} bytes of logs a call, a ledger of 12 months`,
  'LiteLLM, least: 2 tasks of 1 vCPU and 4 GB, one Aurora writer of 0.5 ACU, one cache.t4g.micro, one load balancer',
  'LiteLLM, documented: 2 tasks of 4 vCPU and 8 GB, Aurora writer and reader of 1 ACU, two cache.m7g.large, one load balancer, NAT',
  'compute: web-function is not in it: no price of it could be found on that date',
]

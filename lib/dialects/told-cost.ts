import type { Failure } from '../core/failure.ts'
import { type NanoDollars, toDollars } from '../core/money.ts'
import { isObject, type Json, tryParse } from '../core/json.ts'
import type { Dollars, Exchange, Seen, WholeReply } from './dialect.ts'
import { nothingSeen } from './seen.ts'
import { toldInStream } from './told-cost-stream.ts'

/** Where a provider's replies say what they have cost, and in which unit. */
export type CostReport = {
  /** Paths of members, of the reply, or of a `response` or `message` in it. The first that holds anything counts. */
  at: readonly string[]
  /** The header of a reply that says the same. */
  header?: string
  /** How many of its units a dollar is; absent: they are dollars. */
  perDollar?: number
  /**
   * What the account's own keys with others are billed on top. `at`: the amount; `used`: whether such a key was. Where one was and
   * the amount is not told, the cost is not known.
   */
  ownKeys?: { at: string; used: string }
  /** A zero is meant: nothing was charged. Absent: a zero may as well be a price that it does not know. */
  zeroIsMeant?: true
}

/** More than any one reply has ever cost: such a number is a provider's mistake, and would be debt for ever. */
const most: NanoDollars = 10_000 * 1e9

/**
 * Reads over the shoulder of one attempt's exchange what its provider says it has cost, in whatever tongue that reply is, and
 * puts it into `seen`. `dollars`: the same for the client, as soon as it is known, else what the table says.
 */
export function toldCost(
  report: CostReport,
  table: Dollars,
): { dollars: Dollars; watch: (exchange: Exchange) => Exchange } {
  let cost: Seen['cost']
  const hear = (next: Seen['cost']) => {
    // Counts of a stream only grow: what is told again is the larger number.
    if (next !== undefined) cost = typeof cost === 'number' && typeof next === 'number' ? Math.max(cost, next) : next
  }
  const hearHeaders = (headers: Record<string, string> = {}) => {
    if (report.header !== undefined) hear(costOf(report, headers[report.header]))
  }
  /** What failed and was charged all the same must not be taken for free. */
  const billed = (failure: Failure): Failure =>
    typeof cost === 'number' && cost > 0 ? { ...failure, mayHaveCost: true } : failure
  const mark = (seen: Seen): Seen => (cost === undefined ? seen : Object.assign(seen, { cost }))
  const whole = (exchange: Exchange, body: Uint8Array, headers?: Record<string, string>): WholeReply => {
    cost = undefined
    hearHeaders(headers)
    hear(costIn(report, Buffer.from(body.buffer, body.byteOffset, body.length).toString()))
    const reply = exchange.whole(body, headers)
    if (!('failure' in reply)) return { ...reply, seen: mark(reply.seen) }
    const seen = cost === undefined ? reply.seen : mark(reply.seen ?? nothingSeen())
    return { failure: billed(reply.failure), ...(seen && { seen }) }
  }
  const told = { hear, hearHeaders, mark, billed, cost: (line: string) => costIn(report, line) }
  return {
    dollars: (usage, served) => (typeof cost === 'number' ? toDollars(cost) : table(usage, served)),
    watch: (exchange) => ({
      ...exchange,
      whole: (body, headers) => whole(exchange, body, headers),
      stream: () => {
        cost = undefined
        return toldInStream(exchange.stream(), told, namesOf(report))
      },
    }),
  }
}

/** By their last members, what is worth parsing is told from what is not. */
const namesOf = ({ at }: CostReport): string[] => [...new Set(at.map((path) => `"${path.split('.').at(-1) ?? ''}"`))]

/** What one JSON text says; undefined: nothing. */
function costIn(report: CostReport, text: string): Seen['cost'] {
  if (!namesOf(report).some((name) => text.includes(name))) return undefined
  const json = tryParse(text)
  if (!isObject(json)) return undefined
  for (const root of [json, json.response, json.message]) {
    const told = report.at
      .map((path) => memberAt(root, path))
      .find((value) => typeof value === 'number' || typeof value === 'string')
    if (told !== undefined) return withOwnKeys(report, root, costOf(report, told))
  }
  return undefined
}

/** OpenRouter, "Bring your own API keys": `cost` is its fee alone then, and `upstream_inference_cost` is billed by the other. */
function withOwnKeys({ ownKeys, ...report }: CostReport, root: Json | undefined, cost: Seen['cost']): Seen['cost'] {
  if (!ownKeys) return cost
  const [used, amount] = [memberAt(root, ownKeys.used), memberAt(root, ownKeys.at)]
  const others = costOf({ ...report, zeroIsMeant: true }, amount)
  // Before it said whether they were used, the amount was told where they were.
  if (used === false || (used !== true && typeof others !== 'number')) return cost
  const fee = cost ?? 0
  if (typeof fee === 'number' && typeof others === 'number') return others + fee === 0 ? undefined : others + fee
  return cost === 'untrue' || others === 'untrue' ? 'untrue' : undefined
}

/** Rounded to the picodollar, which takes the noise of floating point off, then up to the next nano-dollar. */
function costOf({ perDollar = 1, zeroIsMeant }: CostReport, told: Json | undefined): Seen['cost'] {
  if (told === undefined || told === null || told === '') return undefined
  const number = typeof told === 'string' ? Number(told) : told
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return 'untrue'
  const cost = Math.ceil(Math.round((number / perDollar) * 1e12) / 1000)
  if (cost > most) return 'untrue'
  return number === 0 && !zeroIsMeant ? undefined : cost
}

/** A path's digits are positions in a list. */
function memberAt(root: Json | undefined, path: string): Json | undefined {
  let value = root
  for (const name of path.split('.')) {
    if (Array.isArray(value)) value = value[Number(name)]
    else if (isObject(value) && Object.hasOwn(value, name)) value = value[name]
    else return undefined
  }
  return value
}

import type { DeploymentStatistics, OpenBreaker, RouteSnapshot, RouteStore } from '../core/routing.ts'
import { type Dynamo, DynamoError } from './dynamo.ts'
import {
  type Attributes,
  fromAttribute,
  fromAttributes,
  keyAttributes,
  keys,
  toAttribute,
  toAttributes,
} from './schema.ts'

/** Attributes of the one item: `open:KEY` is a breaker, `stat:DEPLOYMENT` what was measured, as JSON text. */
const openPrefix = 'open:'
const statPrefix = 'stat:'
/** A canary that was rolled back: when. Kept beside the trial itself, which only those who judge it read (trials.ts). */
export const backPrefix = 'back:'
/** An item has 400 KB. More breakers than this are a flood of names that a caller made up, or the end of the internet. */
const mostOpen = 200
/** What nobody has probed for so long has no traffic any more. */
const forgottenMs = 600_000

export type RoutingOptions = { dynamo: Dynamo; table: string; now: () => number }

/**
 * Breakers and statistics of all environments in one item (`ROUTE#state`), so that one read tells everything. Each write
 * touches its own attributes only, under its own condition, and answers with the item, so that whoever writes has read.
 * Nothing is repeated here: a write that was lost is noticed at the next read, and made good by the next failure.
 */
export function routeStore({ dynamo, table, now }: RoutingOptions): RouteStore {
  const at = { TableName: table, Key: keyAttributes(keys.route()) }

  async function read(): Promise<{ snapshot: RouteSnapshot; version: number }> {
    const { Item = {} } = await dynamo('GetItem', { ...at, ConsistentRead: true })
    return { snapshot: snapshotOf(Item), version: Number(Item.v?.N ?? 0) }
  }

  /** The item after the update, or as it was where the condition does not hold. */
  async function update(change: Change): Promise<{ done: boolean; item: Attributes }> {
    try {
      const { Attributes: item = {} } = await dynamo('UpdateItem', {
        ...at,
        ...change,
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      })
      return { done: true, item }
    } catch (error) {
      if (!(error instanceof DynamoError) || error.code !== 'ConditionalCheckFailedException') throw error
      return { done: false, item: error.item ?? {} }
    }
  }

  return {
    read: async () => (await read()).snapshot,
    async open(key, entry) {
      const first = await update(openChange(key, entry))
      const stale = Object.entries(snapshotOf(first.item).open).filter(([, { until }]) => until < now() - forgottenMs)
      const full = first.done && Object.keys(snapshotOf(first.item).open).length > mostOpen
      const gone = [...stale.map(([name]) => name), ...(full ? [key] : [])]
      return snapshotOf(gone.length ? (await update(removal(gone))).item : first.item)
    },
    async claim(key, lease) {
      const { done, item } = await update(claimChange(key, lease))
      return { mine: done, snapshot: snapshotOf(item) }
    },
    async close(key, since) {
      const { UpdateExpression, ExpressionAttributeNames: names } = removal([key])
      await update({
        UpdateExpression,
        ConditionExpression: '#0.#since = :since',
        ExpressionAttributeNames: { ...names, '#since': 'since' },
        ExpressionAttributeValues: { ':since': toAttribute(since) },
      })
    },
    async measure(change) {
      const { snapshot, version } = await read()
      const changed = Object.entries(change(snapshot.statistics))
      if (changed.length) await update(measureChange(changed, version))
    },
  }
}

type Change = {
  UpdateExpression: string
  ConditionExpression?: string
  ExpressionAttributeNames: Record<string, string>
  ExpressionAttributeValues?: Attributes
}

const openChange = (key: string, entry: OpenBreaker): Change => ({
  UpdateExpression: 'SET #0 = :entry',
  ConditionExpression: 'attribute_not_exists(#0) OR #0.#until < :until',
  ExpressionAttributeNames: { '#0': openPrefix + key, '#until': 'until' },
  ExpressionAttributeValues: { ':entry': toAttribute(entry), ':until': toAttribute(entry.until) },
})

/** Once it has rested, and unless somebody else is at it. */
const claimChange = (
  key: string,
  { since, by, now, until }: { since: number; by: string; now: number; until: number },
): Change => ({
  UpdateExpression: 'SET #0.#lease = :lease',
  ConditionExpression:
    '#0.#since = :since AND #0.#until <= :now AND (attribute_not_exists(#0.#lease) OR #0.#lease.#until <= :now OR #0.#lease.#by = :by)',
  ExpressionAttributeNames: {
    '#0': openPrefix + key,
    '#since': 'since',
    '#until': 'until',
    '#lease': 'lease',
    '#by': 'by',
  },
  ExpressionAttributeValues: {
    ':lease': toAttribute({ by, until }),
    ':since': toAttribute(since),
    ':now': toAttribute(now),
    ':by': toAttribute(by),
  },
})

const removal = (names: readonly string[]): Change => ({
  UpdateExpression: `REMOVE ${names.map((_, at) => `#${at}`).join(', ')}`,
  ExpressionAttributeNames: Object.fromEntries(names.map((key, at) => [`#${at}`, openPrefix + key])),
})

/** Only on top of what was read: of two aggregators that read the same, one's samples are left out, which is of no account. */
const measureChange = (changed: [string, DeploymentStatistics][], version: number): Change => ({
  UpdateExpression: `SET ${['v = :next', ...changed.map((_, at) => `#${at} = :${at}`)].join(', ')}`,
  ConditionExpression: version ? 'v = :version' : 'attribute_not_exists(v)',
  ExpressionAttributeNames: Object.fromEntries(changed.map(([id], at) => [`#${at}`, statPrefix + id])),
  ExpressionAttributeValues: toAttributes({
    ':next': version + 1,
    ...(version && { ':version': version }),
    ...Object.fromEntries(changed.map(([, statistics], at) => [`:${at}`, JSON.stringify(statistics)])),
  }),
})

function snapshotOf(item: Attributes): RouteSnapshot {
  const open: Record<string, OpenBreaker> = {}
  const statistics: Record<string, DeploymentStatistics> = {}
  const rolledBack: Record<string, number> = {}
  for (const [name, value] of Object.entries(item)) {
    if (name.startsWith(openPrefix) && value.M)
      open[name.slice(openPrefix.length)] = fromAttributes(value.M) as OpenBreaker
    if (name.startsWith(backPrefix)) rolledBack[name.slice(backPrefix.length)] = Number(value.N)
    const text = name.startsWith(statPrefix) ? fromAttribute(value) : undefined
    if (typeof text === 'string') statistics[name.slice(statPrefix.length)] = JSON.parse(text) as DeploymentStatistics
  }
  return { open, statistics, ...(Object.keys(rolledBack).length > 0 && { rolledBack }) }
}

import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { AttemptId, WindowKey } from '../core/budget.ts'
import type { ScopeKind } from '../core/records.ts'

/** The one table: partition key `pk`, sort key `sk`, time to live `ttl` (seconds). Every key of it is made here. */
export const keys = {
  record: (kind: ScopeKind, id: string) => ({ pk: `${kind.toUpperCase()}#${id}`, sk: '-' }),
  /** Which key a hash belongs to. */
  token: (hash: string) => ({ pk: `TOKEN#${hash}`, sk: '-' }),
  /** Aliases of keys are unique. */
  alias: (alias: string) => ({ pk: `ALIAS#${alias}`, sk: '-' }),
  /** Directory of a kind: one small item per record, so that listing needs no scan. */
  listing: (kind: ScopeKind, createdAt: number, id: string) => ({
    pk: `LIST#${kind}`,
    sk: `${String(createdAt).padStart(14, '0')}#${id}`,
  }),
  budget: (kind: ScopeKind, id: string) => `BUDGET#${kind}#${id}`,
  ledger: (day: string, id: AttemptId) => ({ pk: `LEDGER#${day}#${id.slice(-1)}`, sk: id }),
  /** `by` is key, team, user, model or provider. */
  rollup: (by: string, id: string, day: string) => ({ pk: `ROLLUP#${by}#${id}`, sk: day }),
  /** One per notice and target: who was told. */
  delivery: (id: string, target: string) => ({ pk: `ALERT#${id}`, sk: target }),
  /** What environments know together of their deployments. */
  route: () => ({ pk: 'ROUTE#state', sk: '-' }),
  outbox: (shard: number, id: string) => ({ pk: `OUTBOX#${shard}`, sk: id }),
  /** A stored turn, in parts; and which response holds an item. Parts are partitions of their own: one takes 1000 KB a second. */
  turn: (id: string, part: number) => ({ pk: part === 0 ? `TURN#${id}` : `TURN#${id}#${part}`, sk: '-' }),
  /** Sealed reasoning of an answer, by the first call in it. */
  seal: (owner: string, callId: string) => ({ pk: `SEAL#${owner}#${callId}`, sk: '-' }),
  turnItem: (owner: string, itemId: string) => ({ pk: `TURN#item#${owner}#${itemId}`, sk: '-' }),
} as const

/** Partitions of the outbox: one takes a thousand writes a second, which a bus that is away can exceed. */
export const outboxShards = 8

export type Attributes = Record<string, AttributeValue>

/** Plain data to DynamoDB's notation and back. Undefined members are left out. */
export function toAttribute(value: unknown): AttributeValue {
  if (value === null) return { NULL: true }
  if (typeof value === 'number') return { N: String(value) }
  if (typeof value === 'string') return { S: value }
  if (typeof value === 'boolean') return { BOOL: value }
  if (Array.isArray(value)) return { L: value.map(toAttribute) }
  return { M: toAttributes(value as Record<string, unknown>) }
}

export const toAttributes = (object: Record<string, unknown>): Attributes =>
  Object.fromEntries(Object.entries(object).flatMap(([k, v]) => (v === undefined ? [] : [[k, toAttribute(v)]])))

export function fromAttribute(value: AttributeValue): unknown {
  if (value.N !== undefined) return Number(value.N)
  if (value.S !== undefined) return value.S
  if (value.BOOL !== undefined) return value.BOOL
  if (value.L !== undefined) return value.L.map(fromAttribute)
  if (value.M !== undefined) return fromAttributes(value.M)
  return null
}

export const fromAttributes = (item: Attributes): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).map(([k, v]) => [k, fromAttribute(v)]))

/** A key in DynamoDB's notation. */
export const keyAttributes = (key: WindowKey): Attributes => ({ pk: { S: key.pk }, sk: { S: key.sk } })

/** What CreateTable needs, for the engines that run on one machine; the stack says the same in its own words. */
export const tableDefinition = (name: string) => ({
  TableName: name,
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' as const },
    { AttributeName: 'sk', AttributeType: 'S' as const },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' as const },
    { AttributeName: 'sk', KeyType: 'RANGE' as const },
  ],
})

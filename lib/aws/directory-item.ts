import type { ScopeKind, ScopeRecord } from '../core/records.ts'
import { type Attributes, fromAttributes, keys, toAttributes } from './schema.ts'

/**
 * A record as an item. `data` is the record as JSON text, not as a DynamoDB map: metadata may nest deeper than 32 levels and
 * hold numbers that DynamoDB has no room for, and must come back as it was given. What conditions and operators read is beside it.
 */
export const recordItem = (record: ScopeRecord): Attributes =>
  toAttributes({
    ...keys.record(record.kind, record.id),
    kind: record.kind,
    id: record.id,
    v: record.terms.v,
    blocked: record.terms.blocked,
    updatedAt: record.updatedAt,
    data: JSON.stringify(record),
  })

/** The record that an item holds. Throws where it holds none: somebody else wrote under our key. */
export function recordOf(item: Attributes): ScopeRecord {
  const { pk, data } = fromAttributes(item)
  if (typeof data !== 'string') throw new Error(`item ${String(pk)} holds no record`)
  return JSON.parse(data) as ScopeRecord
}

export const listingKey = (record: ScopeRecord) => keys.listing(record.kind, record.createdAt, record.id)

/** Partition of a kind's directory: what `listing` puts in front of time and id. */
export const listingPartition = (kind: ScopeKind): string => keys.listing(kind, 0, '').pk

import { dayOf } from '../core/attempt-id.ts'
import type { LedgerEntry } from '../core/ledger.ts'
import { type Attributes, fromAttributes, keyAttributes, keys, toAttributes } from './schema.ts'

/** The item of an entry, lost or final: the whole event, with `outcome` at the top where conditions look. Kept for ever. */
export const itemOf = (entry: LedgerEntry): Attributes => ({
  ...toAttributes(entry),
  ...keyAttributes(keys.ledger(dayOf(entry.id), entry.id)),
})

/** What was stored, without the table's own attributes. */
export function entryOf(item: Attributes): LedgerEntry {
  const { pk: _pk, sk: _sk, ...entry } = fromAttributes(item)
  return entry as LedgerEntry
}

import type { KeyRecord, RecordOf, ScopeKind } from '../core/records.ts'
import type { Dynamo } from './dynamo.ts'
import { recordOf } from './directory-item.ts'
import { readItem } from './directory-read.ts'
import { fromAttributes, keys } from './schema.ts'

/** What the data plane reads of the records (directory.ts says how they lie), without the code that writes them. */
export type RecordReads = {
  scope: <K extends ScopeKind>(kind: K, id: string) => Promise<RecordOf<K> | undefined>
  keyByHash: (hash: string) => Promise<KeyRecord | undefined>
  /** The key that an item points to. The pointer may be older than the record by one transaction: the caller checks. */
  pointed: (key: { pk: string; sk: string }) => Promise<KeyRecord | undefined>
}

/** Every read is strongly consistent. Rejects with `unavailable` where the store does not answer. */
export function recordReads(dynamo: Dynamo, table: string): RecordReads {
  const store = { dynamo, table }

  async function scope<K extends ScopeKind>(kind: K, id: string): Promise<RecordOf<K> | undefined> {
    const item = await readItem(store, keys.record(kind, id))
    return item && (recordOf(item) as RecordOf<K>)
  }

  async function pointed(key: { pk: string; sk: string }): Promise<KeyRecord | undefined> {
    const item = await readItem(store, key)
    return item && scope('key', String(fromAttributes(item)['id']))
  }

  return {
    scope,
    pointed,
    async keyByHash(hash) {
      const key = await pointed(keys.token(hash))
      return key?.hash === hash ? key : undefined
    },
  }
}

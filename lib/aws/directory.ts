import type { Directory, ScopeRecord } from '../core/records.ts'
import type { Dynamo } from './dynamo.ts'
import { readListed } from './directory-read.ts'
import { createActions, removeActions, replaceActions, transact } from './directory-write.ts'
import { recordReads } from './record-reads.ts'
import { keys } from './schema.ts'

/** How often a removal starts over because the record was edited meanwhile. */
const removals = 10

/**
 * Records, and who is called what: `KEY#<id>` holds the record, `TOKEN#<hash>` and `ALIAS#<alias>` point to it, `LIST#<kind>`
 * has one small item per record. All items of a record are written in one transaction, so no pointer is ever left behind and
 * a hash or an alias has one owner. Every read is strongly consistent. Rejects with `unavailable` where the store does not answer.
 */
export function recordStore(dynamo: Dynamo, table: string): Directory {
  const store = { dynamo, table }

  const { scope, keyByHash, pointed } = recordReads(dynamo, table)

  async function remove(record: ScopeRecord): Promise<void> {
    let current: ScopeRecord | undefined = record
    for (let tries = 0; current && tries < removals; tries++) {
      if ((await transact(store, removeActions(table, current))) === 'done') return
      current = await scope(record.kind, record.id)
    }
    if (current) throw new Error(`${record.kind} ${record.id} is edited faster than it can be removed`)
  }

  return {
    scope,
    remove,
    keyByHash,
    async keyByAlias(alias) {
      const key = await pointed(keys.alias(alias))
      return key?.alias === alias ? key : undefined
    },
    async create(record) {
      const answer = await transact(store, createActions(table, record))
      return answer === 'done' || (answer === 'unclear' && same(await scope(record.kind, record.id), record))
        ? 'created'
        : 'conflict'
    },
    async replace(before, after) {
      const answer = await transact(store, replaceActions(table, { before, after }))
      return answer === 'done' || (answer === 'unclear' && same(await scope(after.kind, after.id), after))
        ? 'replaced'
        : 'conflict'
    },
    list: (kind) => readListed(store, kind),
  }
}

/** Whether the store has exactly this record: after a lost answer, whether a refusal was of our own repetition. */
const same = (stored: ScopeRecord | undefined, ours: ScopeRecord): boolean =>
  JSON.stringify(stored) === JSON.stringify(ours)

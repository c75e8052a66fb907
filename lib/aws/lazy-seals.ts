import type { Seals } from '../core/seals.ts'
import type { SealTable } from './seals.ts'

/** The store of sealed reasoning, loaded with the first turn: most processes never see one. */
export function lazySeals(table: SealTable): Seals {
  let store: Promise<Seals> | undefined
  const loaded = () => (store ??= import('./seals.ts').then(({ sealStore }) => sealStore(table)))
  return {
    put: async (owner, callId, turn) => (await loaded()).put(owner, callId, turn),
    get: async (owner, callId) => (await loaded()).get(owner, callId),
  }
}

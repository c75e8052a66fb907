import type { Records, RecordOf, ScopeKind } from '../core/records.ts'

/** Records may be at most this old when a request is judged by them (money protocol, 3 "Read path"). */
export const maxAgeMs = 5000

export type RecordCache = Records & {
  /** Reads again, whatever is cached: for when the store was seen to know something newer. */
  fresh<K extends ScopeKind>(kind: K, id: string): Promise<RecordOf<K> | undefined>
}

/** What a caller can do without. That it is not there is as good to know as what it says, or every request would ask again. */
const optional: ReadonlySet<ScopeKind> = new Set(['global', 'user'])

/**
 * The data plane's view of keys, teams and users, cached for up to five seconds. Keys and teams that do not exist are asked for
 * each time, so that a new one works at once. Simultaneous reads of one record are one read.
 */
export function recordCache(records: Records, now: () => number, most = 10_000): RecordCache {
  const known = new Map<string, { at: number; value: Promise<unknown> }>()

  function read<T>(name: string, load: () => Promise<T | undefined>, isOptional = false): Promise<T | undefined> {
    const time = now()
    const entry = known.get(name)
    if (entry && time - entry.at < maxAgeMs) return entry.value as Promise<T | undefined>
    if (known.size >= most) known.clear()
    const value = load()
    known.set(name, { at: time, value })
    const forget = () => {
      if (known.get(name)?.value === value) known.delete(name)
    }
    value.then((found) => {
      if (found === undefined && !isOptional) forget()
    }, forget)
    return value
  }

  const scopeName = (kind: ScopeKind, id: string) => `${kind} ${id}`
  return {
    keyByHash: (hash) => read(`hash ${hash}`, () => records.keyByHash(hash)),
    scope: (kind, id) => read(scopeName(kind, id), () => records.scope(kind, id), optional.has(kind)),
    fresh(kind, id) {
      known.delete(scopeName(kind, id))
      if (kind === 'key') for (const name of known.keys()) if (name.startsWith('hash ')) known.delete(name)
      return this.scope(kind, id)
    },
  }
}

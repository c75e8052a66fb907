/** Ids of what was dealt with. */
export type KnownIds = { has(id: string): boolean; add(id: string): unknown }

/** A set that forgets its oldest ids, so that a process which lives for months does not grow. */
export function boundedIds(most = 10_000): KnownIds {
  const ids = new Set<string>()
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.add(id)
      const [oldest] = ids
      if (ids.size > most && oldest !== undefined) ids.delete(oldest)
    },
  }
}

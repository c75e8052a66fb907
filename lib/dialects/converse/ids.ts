import { createHash } from 'node:crypto'
import type { Family } from './families.ts'

/**
 * Ids of calls in one conversation, as the API takes them: word characters, 64 at most (nine letters and digits for some models),
 * none twice. Others become a hash of themselves, the same in every request, because the prompt cache relies on it.
 */
export function callIds({ shortIds }: Family): (id: string) => string {
  const used = new Map<string, number>()
  const legal = shortIds ? /^[A-Za-z0-9]{9}$/ : /^[A-Za-z0-9_-]{1,64}$/
  return (id) => {
    const times = (used.get(id) ?? 0) + 1
    used.set(id, times)
    const own = times === 1 ? id : `${id}-${times}`
    return legal.test(own) ? own : hashed(own, shortIds ? 9 : 40)
  }
}

/** Letters and digits alone. */
const hashed = (id: string, length: number): string => createHash('sha256').update(id).digest('hex').slice(0, length)

import type { WindowKey } from '../core/budget.ts'
import type { ScopeKind } from '../core/records.ts'

const kinds = new Set<string>(['key', 'team', 'user', 'global'] satisfies ScopeKind[])

export type ScopeName = { kind: ScopeKind; id: string }

/** Whose window this is: `BUDGET#<kind>#<id>`. An id may contain `#` itself. Undefined for anything else. */
export function tryScopeOf({ pk }: WindowKey): ScopeName | undefined {
  const [prefix, kind = '', ...id] = pk.split('#')
  if (prefix !== 'BUDGET' || !kinds.has(kind) || !id.join('#')) return undefined
  return { kind: kind as ScopeKind, id: id.join('#') }
}

/** The same for keys that came out of the store or were checked before. */
export function scopeOf(key: WindowKey): ScopeName {
  const scope = tryScopeOf(key)
  if (!scope) throw new Error(`not the key of a budget window: ${key.pk}`)
  return scope
}

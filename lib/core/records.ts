import type { Json, JsonObject } from './json.ts'
import type { NanoDollars } from './money.ts'

/** Who can have a budget. `global` is the whole gateway, with the single id `-`. */
export type ScopeKind = 'key' | 'team' | 'user' | 'global'

/** Money terms of a scope. `v` grows with every edit of money or of `blocked`, and with nothing else (money protocol, 2). */
export type BudgetTerms = {
  v: number
  /** Hard limit; absent: none. */
  limit?: NanoDollars
  /** Alert only. */
  soft?: NanoDollars
  /** `30s 30m 30h 30d 1w 1mo 2mo`; absent: one endless window. */
  duration?: string
  /** Milliseconds since 1970 from which durations that no calendar aligns (48h, 3d) are counted. */
  anchor: number
  blocked: boolean
}

type Owned = {
  id: string
  alias?: string
  terms: BudgetTerms
  /** Model names (or `*`, `provider/*`) that may be used; empty: all. */
  models: string[]
  metadata: JsonObject
  createdAt: number
  updatedAt: number
  createdBy?: string
  /** Fields of the management API that are stored and given back but have no effect yet. */
  other: Record<string, Json>
}

/** A virtual key. `id` is not its secret: a rotation keeps id, budget, window and spend; only `hash` changes. */
export type KeyRecord = Owned & {
  kind: 'key'
  /** SHA-256 of the plain key, lower-case hex. LiteLLM's `token`. */
  hash: string
  /** What may be shown: `sk-...` and the last four characters. */
  name: string
  /** Requested model name -> model name. */
  aliases: Record<string, string>
  teamId?: string
  userId?: string
  /** Milliseconds since 1970. */
  expires?: number
}

export type TeamRecord = Owned & { kind: 'team'; aliases: Record<string, string> }
export type UserRecord = Owned & { kind: 'user'; email?: string; role: string }
export type GlobalRecord = Owned & { kind: 'global' }
export type ScopeRecord = KeyRecord | TeamRecord | UserRecord | GlobalRecord
export type RecordOf<K extends ScopeKind> = Extract<ScopeRecord, { kind: K }>

/** What the data plane and the aggregator read. Every read is strongly consistent; caching is the caller's (at most 5 s). */
export type Records = {
  /** The key whose plain text has this SHA-256. */
  keyByHash(hash: string): Promise<KeyRecord | undefined>
  scope<K extends ScopeKind>(kind: K, id: string): Promise<RecordOf<K> | undefined>
}

/** What the management API adds. A write names the version it has read; `conflict` means somebody was faster, or the name is taken. */
export type Directory = Records & {
  create(record: ScopeRecord): Promise<'created' | 'conflict'>
  /** Replaces `before` by `after` (same id; for keys, the hash may differ, the old one then stops working). */
  replace(before: ScopeRecord, after: ScopeRecord): Promise<'replaced' | 'conflict'>
  remove(record: ScopeRecord): Promise<void>
  list<K extends ScopeKind>(kind: K): Promise<RecordOf<K>[]>
  /** A key by its alias; aliases of keys are unique. */
  keyByAlias(alias: string): Promise<KeyRecord | undefined>
}

/** How a scope is named in alerts, errors and logs. */
export const labelOf = (record: ScopeRecord): string =>
  record.alias ?? (record.kind === 'key' ? record.name : record.kind === 'global' ? 'gateway' : record.id)

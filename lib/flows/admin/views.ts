import type { Json } from '../../core/json.ts'
import type { KeyRecord, ScopeRecord, TeamRecord, UserRecord } from '../../core/records.ts'
import { notEnforced } from './fields.ts'
import { isSaying } from './input.ts'
import type { Standing } from './standing.ts'

const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString())

/** Names of the fields of a record that look like a limit and are none yet. */
const unenforced = ({ other }: ScopeRecord): string[] => notEnforced.filter((name) => isSaying(other[name]))

/** What every row has; `other` first, so that nothing stored can pass for something computed. */
function common(record: ScopeRecord, standing: Standing) {
  const { purser, ...money } = standing
  const ignored = unenforced(record)
  return {
    tpm_limit: null,
    rpm_limit: null,
    max_parallel_requests: null,
    ...record.other,
    ...money,
    models: record.models,
    metadata: record.metadata,
    tags: tagsOf(record),
    blocked: record.terms.blocked,
    created_at: iso(record.createdAt),
    created_by: record.createdBy ?? null,
    updated_at: iso(record.updatedAt),
    purser: ignored.length ? { ...purser, not_enforced: ignored } : purser,
  }
}

const tagsOf = (record: ScopeRecord): Json => record.metadata['tags'] ?? []

/** A key as LiteLLM's row of it, without its hash: what `info` of /key/info has. */
export const keyInfo = (key: KeyRecord, standing: Standing) => ({
  permissions: {},
  config: {},
  model_spend: {},
  model_max_budget: {},
  organization_id: null,
  budget_id: null,
  ...common(key, standing),
  key_name: key.name,
  key_alias: key.alias ?? null,
  aliases: key.aliases,
  user_id: key.userId ?? null,
  team_id: key.teamId ?? null,
  expires: iso(key.expires),
})

/** The same with its hash: lists, and replies to a change. */
export const keyRow = (key: KeyRecord, standing: Standing) => ({
  token: key.hash,
  ...keyInfo(key, standing),
  token_id: key.hash,
})

/** The only reply that ever shows a key; null where it was imported by its hash. */
export const newKeyReply = (key: KeyRecord, standing: Standing, plain: string | null) => ({
  ...keyRow(key, standing),
  key: plain,
})

export const teamRow = (team: TeamRecord, standing: Standing) => ({
  admins: [],
  members: [],
  members_with_roles: [],
  organization_id: null,
  ...common(team, standing),
  team_id: team.id,
  team_alias: team.alias ?? null,
  model_aliases: team.aliases,
})

export const userRow = (user: UserRecord, standing: Standing) => ({
  teams: [],
  organization_id: null,
  ...common(user, standing),
  user_id: user.id,
  user_alias: user.alias ?? null,
  user_email: user.email ?? null,
  user_role: user.role,
})

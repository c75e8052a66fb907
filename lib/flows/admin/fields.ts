import * as z from 'zod'
import type { Json } from '../../core/json.ts'

/** What the JSON of a field must be. `null` is always allowed: it clears. */
const kinds = {
  money: z.number(),
  count: z.int().nonnegative(),
  text: z.string(),
  texts: z.array(z.string()),
  // What the body holds was parsed as JSON: looking at every member again would only find the stack's end.
  map: z.record(z.string(), z.custom<Json>()),
  names: z.record(z.string(), z.string()),
  flag: z.boolean(),
  role: z.enum(['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer']),
} as const

export type Kind = keyof typeof kinds
export type FieldTable = Record<string, Kind>

export const schemaOf = (kind: Kind): z.ZodType => kinds[kind].nullable()

/** The fields of a body that were given, checked: absent means leave as it is, `null` means clear. */
export type Given<T extends FieldTable> = { [F in keyof T]?: z.infer<(typeof kinds)[T[F]]> | null }

/** Money of any scope, and what may be used with it: keys, teams and users share these. */
const shared = {
  max_budget: 'money',
  soft_budget: 'money',
  budget_duration: 'text',
  models: 'texts',
  metadata: 'map',
  tags: 'texts',
  blocked: 'flag',
  spend: 'money',
  tpm_limit: 'count',
  rpm_limit: 'count',
  max_parallel_requests: 'count',
} as const satisfies FieldTable

/** Of `/key/generate`, `/key/update` and `/key/regenerate`. */
export const keyFields = {
  ...shared,
  key: 'text',
  token: 'text',
  key_name: 'text',
  key_alias: 'text',
  new_key: 'text',
  grace_period: 'text',
  duration: 'text',
  aliases: 'names',
  user_id: 'text',
  team_id: 'text',
} as const satisfies FieldTable

/** Of `/team/new` and `/team/update`. */
export const teamFields = {
  ...shared,
  team_id: 'text',
  team_alias: 'text',
  model_aliases: 'names',
} as const satisfies FieldTable

/** Of `/user/new` and `/user/update`; those of the key that is made with a user are among them. */
export const userFields = {
  ...shared,
  user_id: 'text',
  user_alias: 'text',
  user_email: 'text',
  user_role: 'role',
  auto_create_key: 'flag',
  key_alias: 'text',
  duration: 'text',
  aliases: 'names',
  team_id: 'text',
} as const satisfies FieldTable

export type SharedFields = Given<typeof shared>
export type KeyFields = Given<typeof keyFields>
export type TeamFields = Given<typeof teamFields>
export type UserFields = Given<typeof userFields>

/** Typed, but stored among `other`: they have no effect yet. */
export const rateFields = ['tpm_limit', 'rpm_limit', 'max_parallel_requests'] as const

/** Stored and given back without effect yet: replies list those that are set, so that nobody takes them for a limit. */
export const notEnforced = [
  ...rateFields,
  'model_rpm_limit',
  'model_tpm_limit',
  'allowed_routes',
  'allowed_passthrough_routes',
  'allowed_cache_controls',
  'permissions',
  'guardrails',
  'policies',
  'enforced_params',
  'object_permission',
  'organization_id',
  'project_id',
  'router_settings',
  'auto_rotate',
] as const

/** Refused where they say anything: a budget that is written down and not enforced would be a promise broken. */
export const unsupportedBudgets = [
  'model_max_budget',
  'budget_limits',
  'budget_fallbacks',
  'budget_id',
  'temp_budget_increase',
  'temp_budget_expiry',
  'team_member_budget',
] as const

/** Never stored: secrets, and orders that are carried out once. */
export const notStored = ['new_master_key', 'password', 'send_invite_email', 'keys', 'key_aliases'] as const

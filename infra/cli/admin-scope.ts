import type { JsonObject } from '../../lib/core/json.ts'
import { objectOf, stringOf } from '../../lib/core/json.ts'
import { isKeyHash } from '../../lib/steps/key-hash.ts'
import { UsageError } from './admin-options.ts'
import type { Management } from './admin-management.ts'

const scopeKinds = ['key', 'team', 'user'] as const
export type Scope = (typeof scopeKinds)[number]

export function scopeWord(word: string | undefined): Scope {
  const kind = scopeKinds.find((one) => one === word)
  if (kind) return kind
  throw new UsageError(
    `${word ?? 'Nothing'} is not what has a budget. Remedy: ${scopeKinds.join(', ')}, then its name.`,
  )
}

/** How the management API is told which key is meant: by the key itself, its SHA-256, or its alias. */
const keyQuery = (name: string): Record<string, string> =>
  name.startsWith('sk-') || isKeyHash(name) ? { key: name } : { key_alias: name }

/** A key's row with its hash in `token`. Throws the API's 404 where there is none. */
async function keyNamed(api: Management, name: string): Promise<JsonObject> {
  const answer = objectOf(await api.get('/key/info', keyQuery(name)))
  return { ...objectOf(answer.info), token: answer.key ?? null }
}

export const hashNamed = async (api: Management, name: string): Promise<string> =>
  stringOf((await keyNamed(api, name)).token) ?? name

/** The row of whatever has a budget. */
export async function rowNamed(api: Management, kind: Scope, name: string): Promise<JsonObject> {
  if (kind === 'key') return keyNamed(api, name)
  if (kind === 'team') return objectOf(objectOf(await api.get('/team/info', { team_id: name })).team_info)
  return objectOf(objectOf(await api.get('/user/info', { user_id: name })).user_info)
}

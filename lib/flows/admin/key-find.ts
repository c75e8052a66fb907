import { GatewayError } from '../../core/errors.ts'
import { looksLikeArn } from '../../core/principal.ts'
import type { KeyRecord } from '../../core/records.ts'
import { hashOf, isKeyHash } from '../../steps/key-hash.ts'
import type { Desk } from './request.ts'

/** How a caller's key is named in an error: never by its secret, which an ARN is not. */
function shown(key: string): string {
  if (looksLikeArn(key)) return key
  return isKeyHash(key) ? key.toLowerCase() : `with hash ${hashOf(key)}`
}

/** The key that a caller names by its plain text or its hash, or the 404. */
export async function findKey({ ports }: Desk, key: string): Promise<KeyRecord> {
  const found = await ports.directory.keyByHash(hashOf(key))
  if (found) return found
  const message = `Key not found: ${shown(key)}. Give the key itself or its SHA-256; /key/list has them all.`
  throw new GatewayError('not_found', { message, param: 'key' })
}

export async function findAlias({ ports }: Desk, alias: string): Promise<KeyRecord> {
  const found = await ports.directory.keyByAlias(alias)
  if (found) return found
  const message = `Key not found: no key has the alias '${alias}'. /key/aliases has them all.`
  throw new GatewayError('not_found', { message, param: 'key_alias' })
}

/** A team that is named must exist: a key that points to none would count against no team's budget. */
export async function requireTeam({ ports }: Desk, id: string): Promise<void> {
  if (await ports.directory.scope('team', id)) return
  const message = `Team doesn't exist in db. Team=${id}. Create team via \`/team/new\` call.`
  throw new GatewayError('not_found', { message, param: 'team_id' })
}

/** A user that is named first by a key exists from then on, without a budget: /user/update can give one later. */
export async function ensureUser({ ports }: Desk, id: string, by: string): Promise<void> {
  if (await ports.directory.scope('user', id)) return
  const now = ports.clock.now()
  // `conflict` means that somebody else has just made the same user: all that was wanted.
  await ports.directory.create({
    kind: 'user',
    id,
    role: 'internal_user',
    terms: { v: 1, anchor: now, blocked: false },
    models: [],
    metadata: {},
    createdAt: now,
    updatedAt: now,
    createdBy: by,
    other: {},
  })
}

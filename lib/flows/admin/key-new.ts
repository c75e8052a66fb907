import { jsonReply } from '../../core/http.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { canonicalPrincipal, looksLikeArn } from '../../core/principal.ts'
import type { KeyRecord } from '../../core/records.ts'
import { hashKey, hashPrincipal, isKeyHash, maskedName, newKey } from '../../steps/key-hash.ts'
import { isMaster } from '../../steps/master.ts'
import { taken } from './edit.ts'
import { type KeyFields, keyFields } from './fields.ts'
import { invalid, parseFields } from './input.ts'
import { ensureUser, requireTeam } from './key-find.ts'
import { withDefaults, withinBounds } from './key-params.ts'
import type { AdminRequest, Handler } from './request.ts'
import { standingOf } from './standing.ts'
import { editedMetadata, editedOther, expiryOf, newTerms } from './terms.ts'
import { newKeyReply } from './views.ts'

/** POST /key/generate: the only reply, with /key/regenerate, that has the plain key. */
export const generateKey: Handler = async (request) => {
  const { record, plain } = await createKey(request, request.body)
  return jsonReply(200, newKeyReply(record, await standingOf(request, record), plain))
}

/** Makes a key of a body, in the limits that the config sets. `plain` is null where the key was imported by its hash. */
export async function createKey(
  request: AdminRequest,
  body: JsonObject,
): Promise<{ record: KeyRecord; plain: string | null }> {
  const { given, other } = parseFields(
    withinBounds(request.config, withDefaults(request.config, body), true),
    keyFields,
  )
  const secret = await secretOf(request, given)
  const { ports, by } = request
  if (typeof given.team_id === 'string') await requireTeam(request, given.team_id)
  await checkUnused(request, secret.hash, given.key_alias)
  if (typeof given.user_id === 'string') await ensureUser(request, given.user_id, by)
  const record = keyOf(request, { given, other, secret })
  if ((await ports.directory.create(record)) === 'conflict') throw taken(record)
  return { record, plain: secret.plain }
}

type Secret = { hash: string; name: string; plain: string | null }

function keyOf(
  request: AdminRequest,
  of: { given: KeyFields; other: Record<string, Json>; secret: Secret },
): KeyRecord {
  const { given, other, secret } = of
  const now = request.ports.clock.now()
  const expires = expiryOf(given.duration, now)
  return {
    kind: 'key',
    id: Buffer.from(request.ports.randomBytes(12)).toString('base64url'),
    hash: secret.hash,
    name: secret.name,
    ...(typeof given.key_alias === 'string' && { alias: given.key_alias }),
    ...(typeof given.team_id === 'string' && { teamId: given.team_id }),
    ...(typeof given.user_id === 'string' && { userId: given.user_id }),
    ...(typeof expires === 'number' && { expires }),
    terms: newTerms(given, now),
    models: given.models ?? [],
    aliases: given.aliases ?? {},
    metadata: editedMetadata({}, given),
    createdAt: now,
    updatedAt: now,
    createdBy: request.by,
    other: editedOther({}, other),
  }
}

/** The key's secret: the caller's own, a hash (`key` or `token`) that another gateway has stored, or a new one; or none, but an ARN. */
async function secretOf(request: AdminRequest, given: KeyFields): Promise<Secret> {
  const { key, token } = given
  if (typeof key === 'string' && looksLikeArn(key)) return principalSecret(key, token)
  const hash = typeof key === 'string' && isKeyHash(key) ? key : token
  if (typeof hash === 'string') return importedSecret(given, hash)
  if (typeof key !== 'string') {
    const plain = newKey(request.ports.randomBytes)
    return { plain, hash: hashKey(plain), name: maskedName(plain) }
  }
  return ownSecret(request, key, 'key')
}

/** An IAM principal as a key: nothing about it is secret, so it is shown whole, and proven by signatures alone. */
function principalSecret(arn: string, token: KeyFields['token']): Secret {
  const principal = canonicalPrincipal(arn)
  if (principal === undefined)
    throw invalid(
      'key',
      `key ${arn} is not the ARN of an IAM principal. Give a role's or a user's, as in arn:aws:iam::123456789012:role/backend.`,
    )
  if (typeof token === 'string')
    throw invalid('token', 'token does not go with the ARN of an IAM principal, which has no secret. Leave it out.')
  return { plain: principal, hash: hashPrincipal(principal), name: principal }
}

function importedSecret(given: KeyFields, hash: string): Secret {
  if (!isKeyHash(hash))
    throw invalid(
      'token',
      `token must be the SHA-256 of a key in 64 hexadecimal digits. Received ${hash.length} characters.`,
    )
  if (typeof given.key === 'string' && !isKeyHash(given.key) && hashKey(given.key) !== hash.toLowerCase())
    throw invalid('token', 'token is not the SHA-256 of key. Give one of the two.')
  const named = given.key_name
  const name = typeof named === 'string' && /^sk-\.\.\..{0,4}$/.test(named) ? named : maskedName('')
  return { plain: null, hash: hash.toLowerCase(), name }
}

/** A key that the caller has chosen. It must be one that clients can send in a header, and not the master key. */
export async function ownSecret(request: AdminRequest, plain: string, param: string): Promise<Secret> {
  if (!/^sk-[\x21-\x7e]{1,509}$/.test(plain))
    throw invalid(
      param,
      `${param} must start with 'sk-', then 1 to 509 printable ASCII characters without spaces; or be the SHA-256 of a key in 64 hexadecimal digits.`,
    )
  if (isMaster(plain, await request.ports.masterKey()))
    throw invalid(param, `${param} is the master key, which cannot be a virtual key as well. Choose another.`)
  return { plain, hash: hashKey(plain), name: maskedName(plain) }
}

/** Says which name is taken, before the transaction that would only say that one is. */
async function checkUnused({ ports }: AdminRequest, hash: string, alias: string | null | undefined): Promise<void> {
  if (await ports.directory.keyByHash(hash))
    throw invalid('key', `Key with hash ${hash} already exists. Choose another, or update it with /key/update.`)
  if (typeof alias === 'string' && (await ports.directory.keyByAlias(alias)))
    throw invalid(
      'key_alias',
      `Key with alias '${alias}' already exists. Unique key aliases across all keys are required.`,
    )
}

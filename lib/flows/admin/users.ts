import { GatewayError } from '../../core/errors.ts'
import { jsonReply } from '../../core/http.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { UserRecord } from '../../core/records.ts'
import { edit } from './edit.ts'
import { type UserFields, userFields } from './fields.ts'
import { missing, parseFields } from './input.ts'
import { texts } from './key-edit.ts'
import { createKey } from './key-new.ts'
import { rowsOf } from './key-read.ts'
import { page, paged } from './page.ts'
import type { AdminRequest, Desk, Handler } from './request.ts'
import { standingOf } from './standing.ts'
import { editedMetadata, editedOther, editedTerms, newTerms, patched } from './terms.ts'
import { newKeyReply, userRow } from './views.ts'

const rowOf = async (desk: Desk, user: UserRecord) => userRow(user, await standingOf(desk, user))

/** The fields of /user/new that say what its key may do; money stays with the user, who may have many keys. */
const ofTheKey = ['key_alias', 'duration', 'aliases', 'team_id', 'models'] as const

/** POST /user/new: a user, and a key for it unless `auto_create_key` is false. */
export const newUser: Handler = async (request) => {
  const { given, other } = parseFields(request.body, userFields)
  const user = userOf(request, given, other)
  const keyBody: JsonObject = { user_id: user.id }
  for (const name of ofTheKey) if (request.body[name] !== undefined) keyBody[name] = request.body[name]
  if ((await request.ports.directory.create(user)) === 'conflict')
    throw new GatewayError('conflict', {
      message: `User with id ${user.id} already exists. Choose another user_id, or change this one with /user/update.`,
      param: 'user_id',
    })
  const row = await rowOf(request, user)
  if (given.auto_create_key === false) return jsonReply(200, { ...row, key: null, token: null })
  const { record, plain } = await keyOrNothing(request, user, keyBody)
  return jsonReply(200, { ...newKeyReply(record, await standingOf(request, record), plain), ...row })
}

/** A refused key takes its user with it: the call as a whole has failed, and may be repeated. */
async function keyOrNothing(request: AdminRequest, user: UserRecord, body: JsonObject) {
  try {
    return await createKey(request, body)
  } catch (error) {
    await request.ports.directory.remove(user)
    throw error
  }
}

function userOf({ ports, by }: AdminRequest, given: UserFields, other: Record<string, Json>): UserRecord {
  const now = ports.clock.now()
  return {
    kind: 'user',
    id: given.user_id ?? Buffer.from(ports.randomBytes(12)).toString('base64url'),
    role: given.user_role ?? 'internal_user',
    ...(typeof given.user_alias === 'string' && { alias: given.user_alias }),
    ...(typeof given.user_email === 'string' && { email: given.user_email }),
    terms: newTerms(given, now),
    models: given.models ?? [],
    metadata: editedMetadata({}, given),
    createdAt: now,
    updatedAt: now,
    createdBy: by,
    other: editedOther({}, other),
  }
}

/** POST /user/update. */
export const updateUser: Handler = async (request) => {
  const { given, other } = parseFields(request.body, userFields)
  if (typeof given.user_id !== 'string') throw missing('body', 'user_id', 'give the id of the user')
  const change = (before: UserRecord) =>
    patched(before, {
      alias: given.user_alias,
      email: given.user_email,
      role: given.user_role ?? undefined,
      terms: editedTerms(before.terms, given, request.ports.clock.now()),
      models: given.models === undefined ? undefined : (given.models ?? []),
      metadata: editedMetadata(before.metadata, given),
      other: editedOther(before.other, other),
    })
  const user = await edit(request, { kind: 'user', id: given.user_id, change })
  const row = await rowOf(request, user)
  return jsonReply(200, { ...row, data: row })
}

/** GET /user/info?user_id=. */
export const infoOfUser: Handler = async (request) => {
  const id = request.query['user_id']
  if (!id) throw missing('query', 'user_id', 'give the id of the user')
  const user = await findUser(request, id)
  const keys = (await request.ports.directory.list('key')).filter((key) => key.userId === id)
  const [user_info, rows] = await Promise.all([rowOf(request, user), rowsOf(request, keys)])
  return jsonReply(200, { user_id: id, user_info, keys: rows, teams: [] })
}

/** GET /user/list. */
export const listUsers: Handler = async (request) => {
  const at = page(request.query, { size: 25, most: 500, name: 'page_size' })
  const asked = request.query['user_ids']?.split(',')
  const found = (await request.ports.directory.list('user')).filter((user) => !asked || asked.includes(user.id))
  const { items, total_count, total_pages } = paged(found, at)
  const users = await Promise.all(items.map((user) => rowOf(request, user)))
  return jsonReply(200, { users, total: total_count, page: at.page, page_size: at.size, total_pages })
}

/** POST /user/delete: the users and their keys, keys first. */
export const deleteUsers: Handler = async (request) => {
  const ids = texts(request.body, 'user_ids')
  if (!ids.length) throw missing('body', 'user_ids', 'give a list of user ids')
  const users = await Promise.all(ids.map((id) => findUser(request, id)))
  const { directory } = request.ports
  const keys = (await directory.list('key')).filter((key) => key.userId !== undefined && ids.includes(key.userId))
  for (const record of [...keys, ...users]) await directory.remove(record)
  return jsonReply(200, { deleted_users: ids, deleted_keys: keys.map((key) => key.hash) })
}

async function findUser({ ports }: Desk, id: string): Promise<UserRecord> {
  const user = await ports.directory.scope('user', id)
  if (user) return user
  throw new GatewayError('not_found', {
    message: `User not found, passed user id: ${id}. /user/list has them all.`,
    param: 'user_id',
  })
}

import { jsonReply } from '../../core/http.ts'
import type { KeyRecord } from '../../core/records.ts'
import { hashOf } from '../../steps/key-hash.ts'
import { missing } from './input.ts'
import { findAlias, findKey } from './key-find.ts'
import { page, paged } from './page.ts'
import type { AdminRequest, Desk, Handler } from './request.ts'
import { standingOf } from './standing.ts'
import { keyInfo, keyRow } from './views.ts'

/** GET /key/info?key=: `key` in the reply is the hash, whichever way it was asked: a secret is shown when it is made, and never again. */
export const infoOfKey: Handler = async (request) => {
  const { key, key_alias: alias } = request.query
  if (!key && !alias) throw missing('query', 'key', 'give the key, or its SHA-256')
  return keyInfoReply(request, key ? await findKey(request, key) : await findAlias(request, alias ?? ''))
}

export async function keyInfoReply(desk: Desk, record: KeyRecord) {
  return jsonReply(200, { key: record.hash, info: keyInfo(record, await standingOf(desk, record)) })
}

/** GET /key/list: hashes, or whole rows with `return_full_object=true`. */
export const listKeys: Handler = async (request) => {
  const { query } = request
  const at = page(query, { size: 10, most: 100 })
  const found = sorted((await request.ports.directory.list('key')).filter(wanted(query)), query)
  const { items, ...counts } = paged(found, at)
  const full = query['return_full_object'] === 'true'
  const rows = full ? await rowsOf(request, items) : items.map((key) => key.hash)
  return jsonReply(200, { keys: rows, ...counts })
}

/** GET /key/aliases: the names, a page at a time. */
export const listAliases: Handler = async (request) => {
  const at = page(request.query, { size: 50, most: 100 })
  const search = request.query['search']?.toLowerCase() ?? ''
  const all = (await request.ports.directory.list('key')).flatMap((key) => key.alias ?? [])
  const { items, ...counts } = paged(all.filter((alias) => alias.toLowerCase().includes(search)).toSorted(), at)
  return jsonReply(200, { aliases: items, ...counts, size: at.size })
}

export const rowsOf = (desk: Desk, keys: readonly KeyRecord[]) =>
  Promise.all(keys.map(async (key) => keyRow(key, await standingOf(desk, key))))

type Query = AdminRequest['query']

const wanted = (query: Query) => (key: KeyRecord) =>
  matches(query['user_id'], key.userId) &&
  matches(query['team_id'], key.teamId) &&
  matches(query['key_alias'], key.alias) &&
  matches(query['organization_id'], key.other['organization_id']) &&
  (!query['key_hash'] || hashOf(query['key_hash']) === key.hash)

const matches = (asked: string | undefined, value: unknown) => !asked || asked === value

const sortable: Record<string, (key: KeyRecord) => number | string> = {
  created_at: (key) => key.createdAt,
  updated_at: (key) => key.updatedAt,
  key_alias: (key) => key.alias ?? '',
  user_id: (key) => key.userId ?? '',
  team_id: (key) => key.teamId ?? '',
  max_budget: (key) => key.terms.limit ?? Infinity,
  expires: (key) => key.expires ?? Infinity,
}

/** Newest first, unless asked otherwise. What cannot be sorted by is sorted by time, as an unknown column would be. */
function sorted(keys: KeyRecord[], query: Query): KeyRecord[] {
  const by = sortable[query['sort_by'] ?? 'created_at'] ?? ((key: KeyRecord) => key.createdAt)
  const sign = query['sort_order'] === 'asc' ? 1 : -1
  return keys.toSorted((a, b) => (by(a) < by(b) ? -sign : by(a) > by(b) ? sign : 0))
}

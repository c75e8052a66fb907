import { jsonReply } from '../../core/http.ts'
import type { LedgerEntry } from '../../core/ledger.ts'
import { hashOf } from '../../steps/key-hash.ts'
import { invalid } from './input.ts'
import { whole } from './page.ts'
import type { AdminRequest, Handler } from './request.ts'
import { spendRow, summaryOf } from './spend-row.ts'

const dayMs = 86_400_000

/** One question reads every partition of every day it names: a year is as far as one call goes. */
const mostDays = 366

const defaultRows = 1000
const mostRows = 10_000

/**
 * GET /spend/logs: the ledger, newest first. With dates (UTC, both inclusive) a summary per day unless `summarize=false`;
 * without dates the last 24 hours. `limit` (1,000; at most 10,000) bounds the rows; where it cut any off, the header
 * `x-purser-rows-left-off` says how many.
 */
export const spendLogs: Handler = async (request) => {
  const { query, ports } = request
  const limit = whole(query, { name: 'limit', otherwise: defaultRows, most: mostRows })
  const dated = Boolean(query['start_date'] || query['end_date'])
  const now = ports.clock.now()
  const range = dated ? rangeOf(query) : { start: now - dayMs, end: now }
  const matches = await filterOf(request)
  const entries = (await ports.ledger.between(range.start, range.end)).filter(matches)
  if (dated && query['summarize'] !== 'false') return jsonReply(200, summaryOf(entries))
  const left = Math.max(0, entries.length - limit)
  return jsonReply(200, entries.slice(0, limit).map(spendRow), left ? { 'x-purser-rows-left-off': String(left) } : {})
}

/** The days that a question names. */
export function rangeOf(query: Record<string, string>): { start: number; end: number } {
  const start = dayOf(query, 'start_date')
  const end = dayOf(query, 'end_date') + dayMs - 1
  if (end < start)
    throw invalid('end_date', `end_date ${query['end_date']} is before start_date ${query['start_date']}.`)
  if (end - start > mostDays * dayMs)
    throw invalid(
      'end_date',
      `start_date and end_date can be at most ${mostDays} days apart. Ask for one year at a time.`,
    )
  return { start, end }
}

function dayOf(query: Record<string, string>, name: string): number {
  const text = query[name] ?? ''
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN
  if (!Number.isNaN(at) && new Date(at).toISOString().startsWith(text)) return at
  throw invalid(
    name,
    `${name} must be a day like 2026-11-21, and start_date and end_date are given together. Received: '${text.slice(0, 40)}'.`,
  )
}

/** By key: also what was spent under a secret it had before, because a rotation keeps the key. */
async function filterOf({ query, ports }: AdminRequest): Promise<(entry: LedgerEntry) => boolean> {
  const { api_key, user_id, team_id, request_id } = query
  const hash = api_key ? hashOf(api_key) : undefined
  const key = hash === undefined ? undefined : await ports.directory.keyByHash(hash)
  return (entry) =>
    (hash === undefined || entry.key_hash === hash || (key !== undefined && entry.key_id === key.id)) &&
    (!user_id || entry.user_id === user_id) &&
    (!team_id || entry.team_id === team_id) &&
    (!request_id || entry.request_id === request_id || entry.id === request_id)
}

import { type JsonObject, objectOf, stringOf } from '../../lib/core/json.ts'
import { type Command, type Given, wordsOf } from './admin-command.ts'
import { dollarsOption, durationOption } from './admin-options.ts'
import { listIn, type Management } from './admin-management.ts'
import { hashNamed } from './admin-scope.ts'
import { amount } from './admin-standing.ts'
import { json, table } from './admin-table.ts'

/** Keys by the management API's own rules, over HTTP or on the table. */
export const keyCommands: readonly Command[] = [
  {
    name: 'keys list',
    summary: 'every key: who, what it spent and may spend',
    options: ['team', 'user'],
    prepare: (given) => {
      wordsOf(given, 'keys list')
      const { team, user } = given.options
      const query = { ...(team !== undefined && { team_id: team }), ...(user !== undefined && { user_id: user }) }
      return async (world) => {
        const api = await world.management()
        const rows = await allKeys(api, query)
        return given.json ? json(rows) : keyTable(rows, api.place)
      }
    },
  },
  {
    name: 'keys create',
    words: '<alias>',
    summary: 'a new key; it is printed once, and never again',
    options: ['max', 'soft', 'duration', 'models', 'team', 'user', 'expires'],
    prepare: (given) => {
      const [alias = ''] = wordsOf(given, 'keys create', 'an alias')
      const body = { key_alias: alias, ...newKeyFields(given) }
      return async (world) => {
        const made = objectOf(await (await world.management()).post('/key/generate', body))
        return given.json ? json(made) : shownOnce(alias, made)
      }
    },
  },
  changing('keys block', 'refuse the key from the next request on', (api, key) => api.post('/key/block', { key })),
  changing('keys unblock', 'take the key again', (api, key) => api.post('/key/unblock', { key })),
  changing('keys delete', 'remove the key; its spend stays in the ledger', (api, key) =>
    api.post('/key/delete', { keys: [key] }),
  ),
  changing(
    'keys rotate',
    'a new secret; budget, window and spend stay. The old one ends within five seconds',
    (api, key) => api.post('/key/regenerate', { key }),
  ),
]

type Change = (api: Management, hash: string) => Promise<unknown>

/** A command that does one thing to one key, named by its alias, its SHA-256 or itself. */
function changing(name: string, summary: string, change: Change): Command {
  const verb = name.split(' ')[1] ?? ''
  return {
    name,
    words: '<key>',
    summary,
    prepare: (given) => {
      const [key = ''] = wordsOf(given, name, 'a key (its alias, its SHA-256 or itself)')
      return async (world) => {
        const api = await world.management()
        const answer = objectOf(await change(api, await hashNamed(api, key)))
        if (given.json) return json(answer)
        return verb === 'rotate' ? shownOnce(key, answer) : `${named(key)}: ${past[verb] ?? verb} in ${api.place}.`
      }
    },
  }
}

const past: Record<string, string> = { block: 'blocked', unblock: 'unblocked', delete: 'deleted' }

const named = (key: string) => (key.startsWith('sk-') ? `sk-...${key.slice(-4)}` : key)

const shownOnce = (name: string, made: JsonObject) =>
  `${named(name)}: ${stringOf(made.key) ?? 'made'}\nThis is the only time it is shown.`

function newKeyFields(given: Given): JsonObject {
  const { options } = given
  const fields = {
    max_budget: dollarsOption(options, 'max', false),
    soft_budget: dollarsOption(options, 'soft', false),
    budget_duration: durationOption(options, false),
    models: options.models?.split(','),
    team_id: options.team,
    user_id: options.user,
    duration: options.expires,
  }
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** Every page of them. */
export async function allKeys(api: Management, query: Record<string, string> = {}): Promise<JsonObject[]> {
  const rows: JsonObject[] = []
  for (let page = 1; ; page++) {
    const asked = { ...query, return_full_object: 'true', size: '100', page: String(page) }
    const answer = objectOf(await api.get('/key/list', asked))
    rows.push(...listIn(answer, 'keys'))
    if (page >= Number(answer.total_pages ?? 1)) return rows
  }
}

function keyTable(rows: JsonObject[], place: string): string {
  if (!rows.length) return `No keys in ${place}. Make one: npm run admin -- keys create <alias> --max 10 --duration 1mo`
  const head = ['alias', 'key', 'spent', 'of', 'per', 'team', 'user', 'state', 'sha-256']
  return table(head, rows.map(keyCells))
}

const keyCells = (row: JsonObject): string[] => [
  text(row.key_alias),
  text(row.key_name),
  amount(row.spend),
  amount(row.max_budget),
  text(row.budget_duration),
  text(row.team_id),
  text(row.user_id),
  row.blocked === true ? 'blocked' : expired(row) ? 'expired' : 'open',
  text(row.token),
]

const text = (value: unknown) => stringOf(value) ?? '-'

const expired = ({ expires }: JsonObject) => typeof expires === 'string' && Date.parse(expires) <= Date.now()

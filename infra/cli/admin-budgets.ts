import { held } from '../../lib/core/budget.ts'
import { type Json, type JsonObject, numberOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { fromDollars, toDollars, unlimited } from '../../lib/core/money.ts'
import { dollars } from '../../lib/steps/alert-text.ts'
import { type Command, type Given, wordsOf } from './admin-command.ts'
import { dollarsOption, durationOption, UsageError } from './admin-options.ts'
import { allKeys } from './admin-keys.ts'
import { listIn, type Management } from './admin-management.ts'
import { hashNamed, rowNamed, type Scope, scopeWord } from './admin-scope.ts'
import { type Standing, standingCells, standingHead } from './admin-standing.ts'
import type { AdminStore } from './admin-store.ts'
import { json, table } from './admin-table.ts'
import type { World } from './admin-world.ts'

const terms = ['max', 'soft', 'duration'] as const

export const budgetCommands: readonly Command[] = [
  {
    name: 'budgets show',
    words: '[key|team|user <name>]',
    summary: 'limit, spent, held, unsettled and left of the current windows',
    prepare: showBudgets,
  },
  {
    name: 'budgets set',
    words: 'key|team|user <name>',
    summary: 'change limit, soft limit or duration, in force at the next request; `none` takes one away',
    options: terms,
    prepare: setBudget,
  },
  {
    name: 'budgets reset-note',
    words: 'key|team|user <name>',
    summary: 'when the window resets, and the command that gives it room before',
    prepare: (given) => {
      const [kind, name = ''] = wordsOf(given, 'budgets reset-note', 'key, team or user', 'its name')
      const scope = scopeWord(kind)
      return async (world) => resetNote(scope, name, await rowNamed(await world.management(), scope, name))
    },
  },
]

function showBudgets(given: Given) {
  const one = given.words.length > 0
  const [kind, name = ''] = one ? wordsOf(given, 'budgets show', 'key, team or user', 'its name') : []
  const scope = one ? scopeWord(kind) : undefined
  return async (world: World) => {
    const api = await world.management()
    const found = scope ? [{ scope, name, row: await rowNamed(api, scope, name) }] : await everything(world, api)
    if (given.json) return json(found)
    if (!found.length) return `Nothing has a budget in ${api.place}.`
    return table(standingHead, found.map(standingCells))
  }
}

/** Of keys, teams and users those with a budget. The gateway's own windows are read from the table, which a URL does not show. */
async function everything(world: World, api: Management): Promise<Standing[]> {
  const rows: Standing[] = []
  const add = (scope: string, list: JsonObject[], name: (row: JsonObject) => Json | undefined) =>
    rows.push(...list.map((row) => ({ scope, name: stringOf(name(row)) ?? '-', row })))
  add('key', await allKeys(api), (row) => row.key_alias ?? row.key_name)
  add('team', listIn(await api.get('/team/list')), (row) => row.team_id)
  for (let page = 1; ; page++) {
    const answer = objectOf(await api.get('/user/list', { page_size: '500', page: String(page) }))
    add('user', listIn(answer, 'users'), (row) => row.user_id)
    if (page >= Number(answer.total_pages ?? 1)) break
  }
  const limited = rows.filter(({ row }) => row.max_budget !== null || row.soft_budget !== null)
  const global = await world.store().then(globalWindows, () => [])
  return [...limited, ...global]
}

async function globalWindows({ budgets }: AdminStore): Promise<Standing[]> {
  const last = (await budgets.windows('global', '-')).at(-1)
  if (!last) return []
  const { item, key } = last
  const row = {
    max_budget: item.limit < unlimited ? toDollars(item.limit) : null,
    spend: toDollars(item.spent),
    budget_reset_at: key.sk === 'total#0' ? null : `by ${key.sk}`,
    purser: {
      held: toDollars(held(item)),
      unsettled: toDollars(item.unsettled),
      available: item.limit < unlimited ? toDollars(item.available) : null,
      window: key.sk,
    },
  }
  return [{ scope: 'global', name: 'the gateway', row }]
}

function setBudget(given: Given) {
  const [kind, name = ''] = wordsOf(given, 'budgets set', 'key, team or user', 'its name')
  const scope = scopeWord(kind)
  if (!terms.some((option) => given.options[option] !== undefined))
    throw new UsageError('`budgets set` needs --max, --soft or --duration: what to change.')
  const fields = {
    max_budget: dollarsOption(given.options, 'max', true),
    soft_budget: dollarsOption(given.options, 'soft', true),
    budget_duration: durationOption(given.options, true),
  }
  const change = Object.fromEntries(
    Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [[field, value]])),
  )
  return async (world: World) => {
    const api = await world.management()
    const id = scope === 'key' ? { key: await hashNamed(api, name) } : { [`${scope}_id`]: name }
    await api.post(`/${scope}/update`, { ...id, ...change })
    const row = await rowNamed(api, scope, name)
    return given.json ? json(row) : table(standingHead, [standingCells({ scope, name, row })])
  }
}

/** Nothing resets a window by hand: what was spent was spent. Room is given by the limit. */
function resetNote(scope: Scope, name: string, row: JsonObject): string {
  const limit = numberOf(row.max_budget)
  const spent = numberOf(row.spend) ?? 0
  const at = stringOf(row.budget_reset_at)
  if (limit === undefined) return `${scope} ${name} has no limit, so there is nothing to reset.`
  const more = toDollars(fromDollars(limit) + fromDollars(spent))
  return [
    `${scope} ${name} has spent ${dollars(fromDollars(spent))} of ${dollars(fromDollars(limit))}; ${at ? `its window ends ${at}, and the next one begins with the whole limit` : 'its window never ends'}.`,
    'A window is not reset by hand, because what was spent was spent. To let it spend its whole limit once more now:',
    `  npm run admin -- budgets set ${scope} ${name} --max ${more}`,
    ...(at ? [`and after ${at}:`, `  npm run admin -- budgets set ${scope} ${name} --max ${limit}`] : []),
  ].join('\n')
}

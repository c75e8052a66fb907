import { expect } from 'vitest'
import type { Dynamo } from '../../lib/aws/dynamo.ts'
import type { Config } from '../../lib/core/config.ts'
import type { Hold } from '../../lib/core/budget.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'
import { attempt, spendEvent } from './spend.ts'
import { booksOf, holdAll, messageOf, type SpendWorld, spendWorld } from './spend-world.ts'

let cases = 0

/** Four attempts of one key, three of them of a team too; a soft budget that three of them cross. Own names per case. */
export async function spendScene(dynamo: Dynamo, config: Partial<Config> = { alertThresholds: [50] }) {
  const n = ++cases
  const limit = 10e9
  const world = spendWorld(dynamo, { limit, soft: 5e9 }, config)
  const owner = { key_id: `k${n}`, team_id: `t${n}`, user_id: `u${n}`, model_group: `m${n}`, provider: `p${n}` }
  const key = { pk: `BUDGET#key#k${n}`, sk: '1mo#2026-11' }
  const team = { pk: `BUDGET#team#t${n}`, sk: '1mo#2026-11' }
  const make = (name: string, cost: number, on: Hold[], more: Partial<SpendEvent> = {}) =>
    spendEvent(attempt(`${name}${n}`), cost, on, { ...owner, ...more })
  const both = [
    { ...key, amount: 2e9 },
    { ...team, amount: 2e9 },
  ]
  const events = [
    make('a', 1e9, both),
    make('b', 2e9, both),
    make('c', 1.5e9, both, { outcome: 'failed' }),
    make('d', 1e9, [{ ...key, amount: 2e9 }]),
  ]
  await holdAll(
    world.budgets,
    limit,
    events.map(({ id, holds }) => ({ id, on: holds })),
  )
  return { n, world, key, team, events, owner, messages: events.map((event, i) => spend(`m${i}`, event)) }
}

export type SpendScene = Awaited<ReturnType<typeof spendScene>>

export const spend = (messageId: string, detail: SpendEvent) => messageOf(messageId, { type: 'spend.v1', detail })

/** Ids of alerts that were published, each once. */
export const toldIds = (world: SpendWorld) => new Set(world.published.map(({ id }) => id))

/** What must be true in the end, whatever happened on the way. */
export async function expectSettled({ n, world, key, team, events }: SpendScene) {
  const keyItem = await booksOf(world.budgets, key)
  const teamItem = await booksOf(world.budgets, team)
  expect(keyItem).toMatchObject({ spent: 5.5e9, available: 4.5e9, heldIds: [], lostIds: [] })
  expect(teamItem).toMatchObject({ spent: 4.5e9, available: 5.5e9, heldIds: [], lostIds: [] })
  expect(keyItem.alerts).toEqual({ 'soft@5000000000': 'sent', '50@10000000000': 'sent' })
  expect(toldIds(world)).toEqual(new Set([`${key.pk} ${key.sk} soft@5000000000`, `${key.pk} ${key.sk} 50@10000000000`]))
  for (const event of events) expect(await world.ledger.find(event.id)).toEqual(event)
  const sums = { spend: 5.5e9, requests: 4, failed: 1, prompt_tokens: 40, completion_tokens: 20 }
  expect(await world.ledger.total('key', `k${n}`)).toEqual({ day: 'total', ...sums })
  expect(await world.ledger.rollups('team', `t${n}`, { from: '2026-11-01', to: '2026-11-30' })).toEqual([
    { day: '2026-11-21', ...sums },
  ])
}

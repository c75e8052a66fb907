import { expect, test } from 'vitest'
import type { WindowItem } from '../../lib/core/budget.ts'
import { unlimited } from '../../lib/core/money.ts'
import { alertMessage } from '../../lib/steps/alert-message.ts'
import { dollars } from '../../lib/steps/alert-text.ts'
import type { Crossing } from '../../lib/steps/thresholds.ts'
import { keyRecord, keyWindow, noon, windowItem } from '../support/spend.ts'

const soft: Crossing = { name: 'soft@8000000000', kind: 'soft' }
const hard: Crossing = { name: 'refused@10000000000', kind: 'hard' }

const message = (
  crossing: Crossing,
  item: Partial<WindowItem>,
  more: Partial<Parameters<typeof alertMessage>[1]> = {},
) =>
  alertMessage(crossing, {
    key: keyWindow,
    item: windowItem(item),
    record: keyRecord({ limit: 10e9, soft: 8e9 }),
    moments: [noon],
    timeZone: 'UTC',
    ...more,
  })

test('a soft crossing says who, how much, of what, since when and until when', () => {
  const told = message(soft, { spent: 8.02e9, available: 1.98e9 })

  expect(told.text).toBe(
    'Soft budget crossed: key `svc-a` has spent $8.02 of its soft budget $8.00 (hard limit $10.00) in window 1mo (since 2026-11-01); resets 2026-12-01 00:00 UTC.',
  )
  expect(told).toMatchObject({
    version: 1,
    id: 'BUDGET#key#k1 1mo#2026-11 soft@8000000000',
    kind: 'soft',
    scope: 'key',
    scope_id: 'k1',
    label: 'svc-a',
    spent: 8.02e9,
    limit: 10e9,
    soft: 8e9,
    window: '1mo#2026-11',
    resets_at: Date.UTC(2026, 11, 1),
  })
})

test('a soft budget without a hard limit names none', () => {
  const told = message(soft, { limit: unlimited, spent: 8e9, available: unlimited - 8e9 })

  expect(told.text).not.toContain('hard')
  expect(told).not.toHaveProperty('limit')
})

test('a hard crossing says hard, never soft, and what else is counted', () => {
  const told = message(hard, {
    spent: 9.5e9,
    holds: { a: 0.3e9 },
    unsettled: 0.1e9,
    lost: { b: 0.1e9 },
    available: 0.1e9,
  })

  expect(told.text).toBe(
    'Hard budget reached: key `svc-a` has spent $9.50 of its hard budget $10.00 (and $0.30 held, $0.10 unsettled) in window 1mo (since 2026-11-01); resets 2026-12-01 00:00 UTC. Requests that do not fit are refused.',
  )
  expect(told.text).not.toMatch(/soft/i)
})

test('an alert of a key carries its team, so that the team can subscribe to it', () => {
  const record = { ...keyRecord({ limit: 10e9 }), teamId: 't1' }
  const team = { ...keyRecord({ limit: 10e9 }), kind: 'team' as const, id: 't1', alias: 'research' }
  const ofTeam = message(hard, {}, { key: { pk: 'BUDGET#team#t1', sk: '1mo#2026-11' }, record: team })
  const { alias: _none, ...unnamed } = keyRecord({ limit: 10e9 })

  expect(message(hard, {}, { record })).toMatchObject({ team_id: 't1', key_alias: 'svc-a' })
  expect(ofTeam).toMatchObject({ team_id: 't1' })
  expect(ofTeam).not.toHaveProperty('key_alias')
  expect(message(hard, {}, { record: unnamed })).not.toHaveProperty('team_id')
})

test('a lost attempt is named with what may be spent and where to look', () => {
  const told = message(
    { name: 'unsettled@x', kind: 'unsettled', attempt: 'x' },
    { lost: { x: 0.4e9 }, unsettled: 0.4e9 },
  )

  expect(told.text).toContain('attempt `x` of key `svc-a`. It may have cost up to $0.40')
  expect(told.text).toContain('npm run admin -- orphans')
})

test('a window that has passed is described by a moment inside it', () => {
  const december = Date.UTC(2026, 11, 1, 0, 5)

  expect(message(soft, { spent: 9e9 }, { moments: [december] }).text).not.toContain('since')
  expect(message(soft, { spent: 9e9 }, { moments: [december, noon] }).text).toContain('since 2026-11-01')
})

test('times are those of the zone that the budget counts in', () => {
  const text = message(soft, { spent: 9e9 }, { timeZone: 'Europe/Zurich' }).text

  expect(text).toContain('(since 2026-11-01); resets 2026-12-01 00:00 Europe/Zurich')
})

test('a budget without duration never resets, and a deleted scope goes by its id', () => {
  const told = message(hard, {}, { key: { pk: 'BUDGET#key#k9', sk: 'total#0' } })
  const { record: _gone, ...rest } = { key: { pk: 'BUDGET#key#k9', sk: 'total#0' }, record: 0 }
  const orphan = alertMessage(hard, { ...rest, item: windowItem(), moments: [], timeZone: 'UTC' })

  expect(told.text).toContain('in total; it never resets')
  expect(told).not.toHaveProperty('resets_at')
  expect(orphan.label).toBe('k9')
})

test('amounts are exact where they are small and readable where they are not', () => {
  expect([0, 850_000, 8e9, 1234567890123, 123, -0.4e9].map(dollars)).toEqual([
    '$0.00',
    '$0.00085',
    '$8.00',
    '$1234.5679',
    '$0.000000123',
    '-$0.40',
  ])
})

import type { CanaryMessage, ReportMessage } from '../../lib/core/notice.ts'
import type { AlertMessage } from '../../lib/core/spend-event.ts'

export const alertOf = (id: string, more: Partial<AlertMessage> = {}): AlertMessage => ({
  version: 1,
  id,
  kind: 'soft',
  scope: 'key',
  scope_id: 'k1',
  label: 'svc-a',
  team_id: 't1',
  key_alias: 'svc-a',
  spent: 8.02e9,
  held: 0,
  unsettled: 0,
  limit: 10e9,
  soft: 8e9,
  window: '1mo#2026-11',
  resets_at: Date.UTC(2026, 11, 1),
  text: 'Soft budget crossed: key `svc-a` has spent $8.02.',
  ...more,
})

const sums = { spent: 12e9, before: 10e9, requests: 4, failed: 1 }
const nothing = { top: [], others: sums }

export const reportOf = (more: Partial<ReportMessage> = {}): ReportMessage => ({
  version: 1,
  id: 'REPORT weekly 2026-11-09',
  kind: 'report',
  every: 'weekly',
  scope: 'global',
  scope_id: '-',
  label: 'gateway',
  from: '2026-11-09',
  to: '2026-11-15',
  ...sums,
  teams: nothing,
  keys: nothing,
  models: nothing,
  budgets: [],
  unsettled: 0,
  unsettled_attempts: 0,
  text: 'Weekly spend report\n\nBy key:\n• svc-a: $12.00',
  ...more,
})

export const canaryOf = (more: Partial<CanaryMessage> = {}): CanaryMessage => ({
  version: 1,
  id: 'CANARY new@0.1 1',
  kind: 'canary',
  scope: 'model',
  scope_id: 'g',
  label: 'new',
  share: 0.1,
  reason: '5 of 5 calls failed',
  at: 1,
  text: 'Canary rolled back: `new` of model `g` gets none of the 10% it had: 5 of 5 calls failed.',
  ...more,
})

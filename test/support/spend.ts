import type { AttemptId, Hold, WindowItem, WindowKey } from '../../lib/core/budget.ts'
import type { Config } from '../../lib/core/config.ts'
import type { KeyRecord } from '../../lib/core/records.ts'
import type { SpendEvent } from '../../lib/core/spend-event.ts'

/** Saturday, 2026-11-21 12:00 UTC. */
export const noon = Date.UTC(2026, 10, 21, 12)

/** The id of an attempt whose hold expires at a time; `name` makes it unique and readable. */
export const attemptAt = (expiresAt: number, name: string): AttemptId =>
  Math.ceil(expiresAt / 60_000).toString(36) + name.padStart(10, '0')

/** An attempt of noon, whose hold lives for 25 minutes. */
export const attempt = (name: string): AttemptId => attemptAt(noon + 25 * 60_000, name)

export const keyWindow: WindowKey = { pk: 'BUDGET#key#k1', sk: '1mo#2026-11' }
export const teamWindow: WindowKey = { pk: 'BUDGET#team#t1', sk: '1mo#2026-11' }

export const spendEvent = (id: AttemptId, cost: number, holds: Hold[], more: Partial<SpendEvent> = {}): SpendEvent => ({
  version: 1,
  id,
  request_id: `request-${id}`,
  start: noon,
  end: noon + 1000,
  outcome: 'completed',
  call_type: 'chat',
  stream: false,
  key_id: 'k1',
  team_id: 't1',
  user_id: 'u1',
  tags: ['a'],
  requested_model: 'fast',
  model_group: 'fast',
  deployment_id: 'd1',
  upstream_model: 'm',
  provider: 'p',
  client_dialect: 'x',
  upstream_dialect: 'x',
  usage: { prompt: 10, completion: 5 },
  cost,
  price_source: 'config',
  estimated: false,
  holds,
  status: 200,
  attempted_retries: 0,
  attempted_fallbacks: 0,
  ...more,
})

export const keyRecord = (terms: Partial<KeyRecord['terms']> = {}): KeyRecord => ({
  kind: 'key',
  id: 'k1',
  alias: 'svc-a',
  hash: 'h',
  name: 'sk-...abcd',
  aliases: {},
  terms: { v: 1, duration: '1mo', anchor: 0, blocked: false, ...terms },
  models: [],
  metadata: {},
  createdAt: 0,
  updatedAt: 0,
  other: {},
})

export const windowItem = (more: Partial<WindowItem> = {}): WindowItem => ({
  limit: 10e9,
  available: 10e9,
  spent: 0,
  unsettled: 0,
  v: 1,
  holds: {},
  lost: {},
  alerts: {},
  ...more,
})

/** As much of a configuration as the aggregator reads. */
export const spendConfig = (more: Partial<Config> = {}): Config =>
  ({
    deployments: [],
    alertThresholds: [],
    orphanedHolds: 'keep',
    timeZone: 'UTC',
    totalTimeoutMs: 10 * 60_000,
    ...more,
  }) as Config

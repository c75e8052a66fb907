/** CloudWatch's units that are used here (embedded metric format, MetricDefinition). US$ has none of its own. */
export type MetricUnit = 'Count' | 'Milliseconds' | 'None'

/** Every metric of ours. A line carries one by having a number under its name, so a line and its metrics cannot differ. */
export const metricUnits = {
  requests: 'Count',
  /** Answered with an error of any kind; by code under `error_code`. */
  errors: 'Count',
  /**
   * Those of them that are the gateway's or the provider's doing: 5xx, time-outs, answers that broke off. Zero for every other
   * request that has a key, so that its average is a share.
   */
  faults: 'Count',
  first_token_ms: 'Milliseconds',
  /** What the caller waited for that was not the provider: our own work, and waits for budgets and retries. */
  overhead_ms: 'Milliseconds',
  upstream_ms: 'Milliseconds',
  input_tokens: 'Count',
  output_tokens: 'Count',
  cached_tokens: 'Count',
  reasoning_tokens: 'Count',
  cost_usd: 'None',
  fallbacks: 'Count',
  clamps: 'Count',
  budget_refusals: 'Count',
  admin_requests: 'Count',
  /** Management calls without a key that may make them: many of them are somebody guessing. */
  admin_denied: 'Count',
  settled_events: 'Count',
  /** From the end of an attempt until its cost was booked and written down. */
  settlement_lag_ms: 'Milliseconds',
  holds: 'Count',
  held_usd: 'None',
  unsettled: 'Count',
  unsettled_usd: 'None',
  outbox_waiting: 'Count',
  error_lines: 'Count',
} as const satisfies Record<string, MetricUnit>

export type MetricName = keyof typeof metricUnits

/** Names of few values only: each combination that occurs is a metric that is paid for. */
export type MetricDimension = 'stack' | 'model_group' | 'provider' | 'error_code'

/** Metrics that are kept apart by these dimensions. */
export type MetricSet = { by: readonly MetricDimension[]; metrics: readonly MetricName[] }

/**
 * Which metrics a line carries, by its message. CloudWatch asks about US$ 0.30 a month for each metric and combination of dimension
 * values, by the hour in which it had data (list price of 2026, first 10,000): an idle stack pays for none. With M model groups,
 * P providers and E codes of `errorTable` in use there are at most 24 + 4 M + 3 P + E: 12 groups, 4 providers and 10 codes are
 * 94, US$ 28 a month if every one of them has traffic in every hour. None of M, P and E can be raised by a caller: groups are
 * the config's (`openai/*` is one), providers and codes are tables of ours. Keys, users and requests are fields of
 * the line and never dimensions.
 */
export const metricLines = {
  request: [
    {
      by: ['stack'],
      metrics: [
        'requests',
        'errors',
        'faults',
        'first_token_ms',
        'overhead_ms',
        'upstream_ms',
        'input_tokens',
        'output_tokens',
        'cached_tokens',
        'reasoning_tokens',
        'cost_usd',
        'fallbacks',
        'clamps',
        'budget_refusals',
      ],
    },
    { by: ['stack', 'model_group'], metrics: ['requests', 'faults', 'first_token_ms', 'cost_usd'] },
    { by: ['stack', 'provider'], metrics: ['requests', 'faults', 'first_token_ms'] },
    { by: ['stack', 'error_code'], metrics: ['errors'] },
  ],
  'admin request': [{ by: ['stack'], metrics: ['admin_requests', 'admin_denied'] }],
  'spend settled': [{ by: ['stack'], metrics: ['settled_events', 'settlement_lag_ms'] }],
  'money counted': [{ by: ['stack'], metrics: ['holds', 'held_usd', 'unsettled', 'unsettled_usd'] }],
  'outbox relayed': [{ by: ['stack'], metrics: ['outbox_waiting'] }],
} as const satisfies Record<string, readonly MetricSet[]>

/** What any line of level `error` carries besides. */
export const errorLineMetrics = { by: ['stack'], metrics: ['error_lines'] } as const satisfies MetricSet

/** CloudWatch's namespace of all of them. */
export const metricNamespace = 'Purser'

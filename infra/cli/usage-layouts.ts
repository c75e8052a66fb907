/** How a provider's export writes one row. A column that is not there counts as nothing. */
export type Layout = {
  name: string
  /** Columns by which the layout is known. */
  marks: readonly string[]
  /** Whose spend it is, as the ledger names providers; absent: every provider's. */
  provider?: string
  day: string
  /** Absent: the export has no models, days alone are compared. */
  model?: string
  /** Their sum is the inclusive count of input tokens. */
  input: readonly string[]
  output: readonly string[]
  requests?: string
  /** US dollars. */
  cost?: string
  /** `gpt-4o-2024-08-06, input`: what stands behind the comma is not the model. */
  modelBeforeComma?: true
  /** The model column has display names (`Claude Sonnet 4.5`), not ids: compared letter by letter, without the rest. */
  displayNames?: true
}

/** The columns of the providers' own exports, as they were in November 2026. */
export const layouts: readonly Layout[] = [
  {
    name: 'openai-usage',
    marks: ['start_time_iso', 'input_tokens', 'num_model_requests'],
    provider: 'openai',
    day: 'start_time_iso',
    model: 'model',
    input: ['input_tokens'],
    output: ['output_tokens'],
    requests: 'num_model_requests',
  },
  {
    name: 'openai-cost',
    marks: ['start_time_iso', 'amount_value', 'line_item'],
    provider: 'openai',
    day: 'start_time_iso',
    model: 'line_item',
    input: [],
    output: [],
    cost: 'amount_value',
    modelBeforeComma: true,
  },
  {
    name: 'anthropic-usage',
    marks: ['usage_date_utc', 'model_version', 'usage_input_tokens_no_cache'],
    provider: 'anthropic',
    day: 'usage_date_utc',
    model: 'model_version',
    input: [
      'usage_input_tokens_no_cache',
      'usage_input_tokens_cache_write_5m',
      'usage_input_tokens_cache_write_1h',
      'usage_input_tokens_cache_read',
    ],
    output: ['usage_output_tokens'],
  },
  {
    name: 'anthropic-cost',
    marks: ['usage_date_utc', 'token_type', 'cost_usd'],
    provider: 'anthropic',
    day: 'usage_date_utc',
    model: 'model',
    input: [],
    output: [],
    cost: 'cost_usd',
    displayNames: true,
  },
]

/** The layout whose every mark is a column. */
export const layoutOf = (columns: readonly string[]): Layout | undefined =>
  layouts.find(({ marks }) => marks.every((mark) => columns.includes(mark)))

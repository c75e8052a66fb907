import type { Config } from '../core/config.ts'
import { type Secret, streamRecoveries } from '../core/deployment.ts'
import { isObject, type JsonObject } from '../core/json.ts'
import { fromDollars } from '../core/money.ts'
import {
  amount,
  duration,
  flag,
  object,
  oneOf,
  percents,
  positive,
  readFields,
  seconds,
  secretText,
  text,
  texts,
  timeZone,
  waiting,
} from './fields.ts'
import type { Reading } from './reading.ts'
import type { Routing } from './routing.ts'
import { readAlerting } from './webhook.ts'

type General = Omit<Config, 'deployments' | 'environment' | keyof Routing | keyof ReturnType<typeof readLitellm>>

const generalShape = {
  master_key: secretText,
  litellm_key_header_name: text,
  max_request_size_mb: amount,
  alerting_thresholds: percents,
  budget_wait: waiting,
  budget_clamp_floor: positive,
  default_max_output_tokens: positive,
  orphaned_holds: oneOf('keep', 'release'),
  unknown_usage: oneOf('received', 'worst_case'),
  track_every_attempt: flag,
  store_responses: flag,
  fetch_media: flag,
  total_timeout: seconds,
  stream_idle_timeout: seconds,
  connect_timeout: seconds,
  stream_recovery: oneOf(...streamRecoveries),
  stream_heartbeat: waiting,
  hold_heartbeat_after: waiting,
  cors_origins: texts,
}

/** `longestMs`: the longest timeout of one attempt; a request lives at least as long, unless `total_timeout` says otherwise. */
type GeneralContext = { environment: Record<string, Secret>; longestMs: number }

const defaultTotalTimeoutMs = 900_000
const bytesPerMegabyte = 1024 * 1024

/** `general_settings`: LiteLLM's keys that we do, and ours. Defaults stand here and nowhere else. */
export function readGeneral(
  section: JsonObject,
  { environment, longestMs }: GeneralContext,
  reading: Reading,
): General {
  const path = ['general_settings']
  const fields = readFields(generalShape, section, path, reading)
  const masterKey = masterKeyOf(fields.master_key, environment, reading)
  return {
    connectTimeoutMs: fields.connect_timeout ?? 10_000,
    idleTimeoutMs: fields.stream_idle_timeout ?? 60_000,
    streamRecovery: fields.stream_recovery ?? 'error',
    heartbeatMs: fields.stream_heartbeat ?? 15_000,
    holdHeartbeatMs: fields.hold_heartbeat_after ?? 25_000,
    totalTimeoutMs: fields.total_timeout ?? Math.max(defaultTotalTimeoutMs, longestMs),
    ...(masterKey && { masterKey }),
    ...readAlerting(section, environment, reading),
    alertThresholds: fields.alerting_thresholds ?? [],
    budgetWaitMs: fields.budget_wait ?? 2000,
    clampFloorTokens: fields.budget_clamp_floor ?? 64,
    defaultMaxOutputTokens: fields.default_max_output_tokens ?? 4096,
    orphanedHolds: fields.orphaned_holds ?? 'keep',
    unknownUsage: fields.unknown_usage ?? 'received',
    trackEveryAttempt: fields.track_every_attempt ?? false,
    ...(fields.store_responses === false && { storeResponses: false }),
    ...(fields.fetch_media === false && { fetchMedia: false }),
    maxRequestBytes: Math.floor((fields.max_request_size_mb ?? 32) * bytesPerMegabyte),
    ...(fields.litellm_key_header_name !== undefined && {
      keyHeaderName: fields.litellm_key_header_name.toLowerCase(),
    }),
    cors: { origins: fields.cors_origins ?? ['*'] },
  }
}

function masterKeyOf(
  written: string | undefined,
  environment: Record<string, Secret>,
  reading: Reading,
): Secret | undefined {
  if (written === undefined) return environment.PURSER_MASTER_KEY ?? environment.LITELLM_MASTER_KEY
  const secret = reading.secret(written)
  if ('value' in secret && !secret.value.startsWith('sk-'))
    reading.warn(
      ['general_settings', 'master_key'],
      'does not start with sk-',
      'LiteLLM and some clients refuse keys without it',
    )
  return secret
}

const litellmShape = {
  max_budget: amount,
  soft_budget: amount,
  budget_duration: duration,
  timezone: timeZone,
  default_key_generate_params: object,
  upperbound_key_generate_params: object,
}

/** `litellm_settings`, without what routing reads there and without callbacks. */
export function readLitellm(
  section: JsonObject,
  reading: Reading,
): Pick<Config, 'timeZone' | 'defaultKeyParams' | 'upperboundKeyParams'> & Pick<Partial<Config>, 'globalBudget'> {
  const fields = readFields(litellmShape, section, ['litellm_settings'], reading)
  const { max_budget: limit, soft_budget: soft, budget_duration: window } = fields
  if (limit === 0)
    reading.warn(
      ['litellm_settings', 'max_budget'],
      'means no budget, as in LiteLLM',
      'write what the gateway may spend, or leave it out',
    )
  const globalBudget = {
    ...(limit && { limit: fromDollars(limit) }),
    ...(soft !== undefined && { soft: fromDollars(soft) }),
    ...(window !== undefined && { duration: window }),
  }
  return {
    timeZone: fields.timezone ?? 'UTC',
    defaultKeyParams: fields.default_key_generate_params ?? {},
    upperboundKeyParams: fields.upperbound_key_generate_params ?? {},
    ...((globalBudget.limit !== undefined || globalBudget.soft !== undefined) && { globalBudget }),
  }
}

const callbackKeys = [
  'callbacks',
  'success_callback',
  'failure_callback',
  'service_callback',
  'service_callbacks',
  'audit_log_callbacks',
]

/** Spans and metrics go wherever OTEL_EXPORTER_OTLP_ENDPOINT (or `-c otlp=`) says, with or without a word here. */
const openTelemetry: ReadonlySet<unknown> = new Set(['otel', 'opentelemetry'])

/** Callbacks by name are not done yet, but for OpenTelemetry; one with a dotted path is Python, and cannot be. Guardrails alike. */
export function checkCallbacks(litellm: JsonObject, guardrails: unknown, reading: Reading): void {
  for (const key of callbackKeys) {
    const value = litellm[key] ?? []
    const list = Array.isArray(value) ? value : [value]
    for (const [index, item] of list.entries()) {
      const path = ['litellm_settings', key, ...(Array.isArray(value) ? [index] : [])]
      if (isPython(item))
        reading.error(
          path,
          'is a Python callback, which cannot run here',
          'read the spend events from the event bus, or the ledger from /spend/logs',
        )
      else if (!openTelemetry.has(item)) reading.warn(path, 'understood, but not done yet', 'nothing is sent there')
    }
  }
  for (const [index, item] of (Array.isArray(guardrails) ? (guardrails as unknown[]) : []).entries()) {
    const params = isObject(item) && isObject(item.litellm_params) ? item.litellm_params : {}
    if (isPython(params.guardrail))
      reading.error(
        ['guardrails', index, 'litellm_params', 'guardrail'],
        'is a Python guardrail, which cannot run here',
        "check prompts in the application, or by the provider's own moderation",
      )
  }
}

const isPython = (value: unknown): boolean => typeof value === 'string' && /^[\w/]+(?:\.\w+)+$/.test(value)

import type { Config } from '../../lib/core/config.ts'
import type { Deployment } from '../../lib/core/deployment.ts'

/** A deployment as the config makes it, with what a test wants to be different. */
export const deployment = (over: Partial<Deployment> & { group: string }): Deployment => ({
  id: `id-${over.group}-${over.model ?? 'ok'}`,
  provider: 'openai',
  model: 'ok',
  headers: {},
  params: {},
  additionalDropParams: [],
  mode: 'chat',
  info: {},
  ...over,
})

/** A configuration with LiteLLM's spirit and short patience. */
export const config = (over: Partial<Config> = {}): Config => ({
  deployments: [],
  aliases: {},
  fallbacks: {},
  defaultFallbacks: [],
  contextWindowFallbacks: {},
  contentPolicyFallbacks: {},
  maxFallbacks: 5,
  retries: 0,
  retryAfterMs: 0,
  connectTimeoutMs: 1000,
  timeoutMs: 5000,
  streamTimeoutMs: 1000,
  idleTimeoutMs: 1000,
  totalTimeoutMs: 10_000,
  streamRecovery: 'error',
  heartbeatMs: 15_000,
  holdHeartbeatMs: 25_000,
  dropParams: false,
  masterKey: { value: 'sk-master' },
  timeZone: 'UTC',
  alertThresholds: [],
  budgetWaitMs: 2000,
  clampFloorTokens: 64,
  defaultMaxOutputTokens: 4096,
  orphanedHolds: 'keep',
  unknownUsage: 'received',
  trackEveryAttempt: false,
  maxRequestBytes: 1_000_000,
  defaultKeyParams: {},
  upperboundKeyParams: {},
  cors: { origins: ['*'] },
  environment: {},
  ...over,
})

import { randomBytes } from 'node:crypto'
import { credentialsIn, signers } from '../aws/signers.ts'
import { withEnvironment } from '../aws/secrets.ts'
import { secretValue } from '../config/secrets.ts'
import type { Budgets } from '../core/budget.ts'
import { systemClock as clock } from '../core/clock.ts'
import type { Config } from '../core/config.ts'
import type { Bus, Log, Notes } from '../core/ports.ts'
import type { Records } from '../core/records.ts'
import { reasonFor } from '../core/reason.ts'
import { gatewayFlow } from '../flows/gateway.ts'
import { lazyMedia } from '../net/lazy-media.ts'
import { undiciUpstream } from '../net/upstream.ts'
import type { Opened } from './opened.ts'
import type { Env, StorelessOptions } from './options.ts'

export type StorelessWorld = { config: Config; env: Env; log: Log; onSpend: StorelessOptions['onSpend'] }

/** The data plane on nothing but the config. Throws where the config has a budget, which nobody could hold. */
export async function openStoreless({ config, env, log, onSpend }: StorelessWorld): Promise<Opened> {
  refuseBudget(config)
  const upstream = undiciUpstream()
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION
  const aws: Config['environment'] = region === undefined ? {} : { AWS_REGION_NAME: { value: region } }
  const secrets = withEnvironment(
    { ...(env.AWS_REGION_NAME === undefined && aws), ...config.environment },
    { get: async (name) => env[name] },
  )
  const configured =
    env.PURSER_MASTER_KEY || (config.masterKey && (await secretValue(config.masterKey, (name) => secrets.get(name))))
  const masterKey = configured || `sk-${randomBytes(32).toString('base64url')}`
  const flow = gatewayFlow(
    // Holds for keys without budgets would be held on nothing.
    { ...config, masterKey: { value: masterKey }, trackEveryAttempt: false },
    {
      clock,
      random: Math.random,
      upstream,
      records: nobody,
      budgets: noBudgets,
      bus: toldTo(onSpend, log),
      secrets,
      sign: signers({ credentials: async () => credentialsIn(env), upstream, clock }),
      notes: noNotes,
      fetchMedia: lazyMedia(),
      log,
      publishBeforeEnd: true,
    },
  )
  return { flow, masterKey, open: !configured, settled: async () => undefined, stop: async () => undefined }
}

function refuseBudget({ globalBudget }: Config): void {
  if (globalBudget?.limit === undefined && globalBudget?.soft === undefined) return
  throw new Error(
    'The config has a budget (litellm_settings.max_budget or soft_budget), which nothing can hold without a store: give createGateway a dataDir or a table, or leave the budget out.',
  )
}

const nobody: Records = { keyByHash: async () => undefined, scope: async () => undefined }

const noNotes: Notes = { write: () => undefined, erase: () => undefined, leftovers: () => [] }

/** Never asked: without records there is no scope that could have a budget. If that were ever wrong, nothing would be paid for. */
const none = (): never => {
  throw new Error('There is no store, so there are no budgets.')
}
const noBudgets: Budgets = {
  create: none,
  take: none,
  release: none,
  cancel: none,
  settle: none,
  settleLost: none,
  expire: none,
  resolve: none,
  edit: none,
  claim: none,
  sent: none,
  read: none,
  windows: none,
  all: none,
}

/** Each attempt is told once; a listener that fails must not fail the answer, which is paid for. */
function toldTo(onSpend: StorelessOptions['onSpend'], log: Log): Bus {
  return {
    async publish(events) {
      for (const event of events) {
        if (event.type !== 'spend.v1') continue
        try {
          await onSpend?.(event.detail)
        } catch (error) {
          log('error', 'onSpend failed', { id: event.detail.id, reason: reasonFor(error) })
        }
      }
    },
  }
}

import { existsSync, readFileSync } from 'node:fs'
import { loadConfig } from '../../lib/config/load.ts'
import { expiredHolds, sweep, type SweepRules } from '../../lib/steps/sweep.ts'
import { sweepRules } from '../../lib/steps/settle-batch-window.ts'
import type { OrphanPorts } from './admin-orphans.ts'

/** Without a configuration file: the rule that never spends a dollar twice, and the usual life of a request. */
const carefulRules: SweepRules = { orphanedHolds: 'keep', lifeMs: 25 * 60_000, most: Infinity }

/**
 * Moves every expired hold. Who must be told of it is told by the aggregator, at its next look: an alert belongs on the
 * channel that its readers watch, and this process does not know it.
 */
export async function sweepStore(
  ports: OrphanPorts,
  env: Record<string, string | undefined>,
): Promise<{ expired: number; tombstones: number }> {
  const total = { expired: 0, tombstones: 0 }
  const rules = rulesOf(env)
  for await (const { key, item } of ports.budgets.all()) {
    if (!expiredHolds(item, ports.clock.now()).length) continue
    const swept = await sweep(ports, rules, { key, item })
    total.expired += swept.expired
    total.tombstones += swept.tombstones
  }
  return total
}

function rulesOf(env: Record<string, string | undefined>): SweepRules {
  const file = env.PURSER_CONFIG ?? 'config.yaml'
  if (!existsSync(file)) return carefulRules
  const { config, problems } = loadConfig(readFileSync(file, 'utf8'), { file, env })
  if (!config) throw new Error(`${file} has ${problems.length} problems. Remedy: npm run config -- check ${file}`)
  return sweepRules(config, Infinity)
}

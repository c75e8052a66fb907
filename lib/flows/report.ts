import type { Budgets } from '../core/budget.ts'
import type { Config } from '../core/config.ts'
import type { Ledger } from '../core/ledger.ts'
import type { Deliveries, ReportEvery, ReportMessage } from '../core/notice.ts'
import type { Clock, Log } from '../core/ports.ts'
import { type Directory, labelOf, type ScopeRecord } from '../core/records.ts'
import { providers } from '../providers/rows.ts'
import { standingOf } from '../steps/report-budgets.ts'
import { type ReportPeriod, reportPeriod } from '../steps/report-period.ts'
import { type Named, ranked, sumsOf, total } from '../steps/report-sums.ts'
import { reportText } from '../steps/report-text.ts'

export type ReportPorts = {
  ledger: Pick<Ledger, 'rollups'>
  directory: Pick<Directory, 'list' | 'scope'>
  budgets: Pick<Budgets, 'read'>
  deliveries: Deliveries
  clock: Pick<Clock, 'now'>
  publish: (report: ReportMessage) => Promise<void>
  log: Log
}

/**
 * `sent`: now. `known`: before. `busy`: somebody else is about to, or has died over it within the last minute, so it must be
 * asked again. `empty`: nothing was spent in this period or the one before, and nothing is said.
 */
export type Reported = 'sent' | 'known' | 'busy' | 'empty'

/** What deliveries know the publication by. */
const target = 'topic'

/**
 * Publishes the spend report that was due last, once, however often it is called and by how many. Rejects where it could
 * not be published: then the next call does it.
 */
export async function report(config: Config, ports: ReportPorts, every: ReportEvery): Promise<Reported> {
  const period = reportPeriod(ports.clock.now(), { every, timeZone: config.timeZone })
  const claim = await ports.deliveries.claim(period.id, target)
  if (claim.state !== 'mine') return claim.state === 'done' ? 'known' : 'busy'
  try {
    const message = await reportMessage(config, ports, period)
    if (!message.requests && !message.before) {
      await claim.release()
      return 'empty'
    }
    await ports.publish(message)
  } catch (error) {
    await claim.release()
    throw error
  }
  await claim.done()
  return 'sent'
}

/**
 * Everything that a report says, from roll-ups alone: what they cost to read grows with keys, teams and models, not with
 * calls. The whole is the sum over every provider there is a row for, so it is complete whoever was deleted meanwhile.
 */
async function reportMessage(config: Config, ports: ReportPorts, period: ReportPeriod): Promise<ReportMessage> {
  const { ledger, directory, budgets, clock } = ports
  const lists = await Promise.all([directory.list('key'), directory.list('team'), directory.list('user')])
  const [keys, teams] = lists
  const gateway = await directory.scope('global', '-')
  const sums = (by: 'provider' | 'team' | 'key' | 'model', names: readonly Named[]) =>
    sumsOf(ledger, period, { by, names })
  const parts = {
    teams: await sums('team', teams.map(nameOf)),
    keys: await sums('key', keys.map(nameOf)),
    models: await sums('model', groupsOf(config)),
  }
  // Read last: what lands meanwhile is in the whole, and so among the others, never less than the parts.
  const whole = total(await sums('provider', providers.map(named)))
  const watched = [...lists.flat(), ...(gateway ? [gateway] : [])].filter((record) => hasWindow(config, record))
  const { every, from, to, id } = period
  const message = {
    version: 1 as const,
    id,
    kind: 'report' as const,
    every,
    scope: 'global' as const,
    scope_id: '-' as const,
    label: 'gateway',
    from,
    to,
    ...whole,
    teams: ranked(parts.teams, whole),
    keys: ranked(parts.keys, whole),
    models: ranked(parts.models, whole),
    ...(await standingOf(budgets, watched, { now: clock.now(), timeZone: config.timeZone })),
  }
  return { ...message, text: reportText(message) }
}

const named = ({ id }: { id: string }): Named => ({ id, label: id })
const nameOf = (record: ScopeRecord): Named => ({ id: record.id, label: labelOf(record) })

/** The groups of the config as it is: what was spent on one that is gone is among the others. */
const groupsOf = (config: Config): Named[] =>
  [...new Set(config.deployments.map(({ group }) => group))].map((id) => named({ id }))

const hasWindow = (config: Config, { terms }: ScopeRecord): boolean =>
  config.trackEveryAttempt || terms.limit !== undefined || terms.soft !== undefined

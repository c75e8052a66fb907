import type { Config } from '../../lib/core/config.ts'
import type { Log } from '../../lib/core/ports.ts'
import { report, type Reported, type ReportPorts } from '../../lib/flows/report.ts'

/** A report is due once a week or month; looking costs one small write, and finds within minutes that one is. */
const lookEveryMs = 10 * 60_000

/** The report that was due last, as often as the config wants one. */
export const reportNow = async (config: Config, ports: ReportPorts): Promise<Reported | 'off'> => {
  const every = config.report ?? 'weekly'
  return every === 'off' ? every : report(config, ports, every)
}

/**
 * What the schedule is on AWS. Looks at once, too: a report that was due while this computer slept is sent late. That it
 * was sent is in the table, so neither a restart nor the next look sends it again. Returns how to stop: it resolves once
 * nothing is under way.
 */
export function reportTimer(look: () => Promise<unknown>, log: Log): () => Promise<void> {
  let running = Promise.resolve()
  const run = () => {
    running = running.then(async () => {
      try {
        await look()
      } catch (error) {
        log('error', 'the spend report could not be made; the next look tries again', { reason: String(error) })
      }
    })
  }
  run()
  const timer = setInterval(run, lookEveryMs)
  return () => {
    clearInterval(timer)
    return running
  }
}

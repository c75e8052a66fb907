import { trialKey } from '../../core/canary.ts'
import { jsonReply } from '../../core/http.ts'
import { canaryReport } from '../canary-report.ts'
import { invalid } from './input.ts'
import type { Handler } from './request.ts'
import { rangeOf } from './spend.ts'

const dayMs = 86_400_000

/**
 * GET /canary/report: canaries against their baselines, shadows against whom they copy. With `start_date` and `end_date` (UTC, both
 * inclusive) over those days, else over the last 24 hours; with `model`, of one group.
 */
export const reportOfCanaries: Handler = async ({ config, ports, query }) => {
  const now = ports.clock.now()
  const dated = Boolean(query['start_date'] || query['end_date'])
  const range = dated ? rangeOf(query) : { start: now - dayMs, end: now }
  const [entries, trials] = await Promise.all([
    ports.ledger.between(range.start, range.end),
    ports.trials?.read() ?? {},
  ])
  const report = canaryReport(config, { entries, trials, range })
  const wanted = query['model']
  return jsonReply(200, { ...report, trials: report.trials.filter(({ model }) => !wanted || model === wanted) })
}

/** POST /canary/reset `{"id": ...}`: forgets what was measured of a canary, and that it was rolled back: it gets its share again. */
export const resetCanary: Handler = async ({ config, ports, body }) => {
  const { id } = body
  const canary = config.deployments.find((one) => one.id === id && one.canary !== undefined)
  if (!canary) {
    const known = config.deployments.flatMap((one) => (one.canary === undefined ? [] : [one.id])).join(', ')
    throw invalid(
      'id',
      `id must be that of a canary (${known || 'the config has none'}). Received: ${JSON.stringify(id) ?? 'nothing'}.`,
    )
  }
  await ports.trials?.remove(trialKey(canary))
  return jsonReply(200, { id: canary.id, model: canary.group, share: canary.canary, state: 'on trial' })
}

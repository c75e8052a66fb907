import { errorLineMetrics, metricLines, metricNamespace, type MetricSet, metricUnits } from '../core/metrics.ts'
import type { Log } from '../core/ports.ts'
import { jsonLog } from './environment.ts'

type Fields = Record<string, unknown>

/** CloudWatch takes so many values of one metric from one document (embedded metric format, root node). */
const mostValues = 100

const ofLine: Record<string, readonly MetricSet[]> = metricLines

/**
 * Lines as they are, and where they carry metrics as documents of CloudWatch's embedded metric format: the one line is log and
 * metrics both, so it costs no call and nothing to run. `stack` is the dimension that keeps two gateways of one account apart.
 * Nothing is measured here: `metricLines` says which fields of which line are metrics.
 */
export function metricLog(stack = 'Purser', log: Log = jsonLog, now: () => number = Date.now): Log {
  return (level, message, fields = {}) => {
    const sets = [...(ofLine[message] ?? []), ...(level === 'error' ? [errorLineMetrics] : [])]
    if (!sets.length) return log(level, message, fields)
    const line: Fields = { ...fields, stack, ...(level === 'error' && { error_lines: 1 }) }
    const directives = sets.flatMap((set) => directiveOf(set, line))
    if (!directives.length) return log(level, message, fields)
    log(level, message, { ...line, _aws: { Timestamp: now(), CloudWatchMetrics: directives } })
  }
}

/** Only what the line has: a document that names a member it does not have is refused as a whole. */
function directiveOf({ by, metrics }: MetricSet, line: Fields): object[] {
  if (!by.every((name) => isValue(line[name]))) return []
  const present = metrics.filter((name) => isNumber(line[name]))
  if (!present.length) return []
  const Metrics = present.map((Name) => ({ Name, Unit: metricUnits[Name] }))
  return [{ Namespace: metricNamespace, Dimensions: [by], Metrics }]
}

const isValue = (value: unknown): boolean => typeof value === 'string' && value.length > 0 && value.length <= 1024

const isNumber = (value: unknown): boolean =>
  Number.isFinite(value) ||
  (Array.isArray(value) && value.length > 0 && value.length <= mostValues && value.every(Number.isFinite))

import { Duration, type Stack } from 'aws-cdk-lib'
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { type MetricDimension, type MetricName, metricNamespace } from '../lib/core/metrics.ts'

/** How a metric is drawn. `minutes`: of one point, 5 where absent. */
export type Drawn = { statistic: string; minutes?: number; label?: string }

/** A metric of ours for the whole stack, as `metricLines` says that it is written. */
export function stackMetric(stack: Stack, name: MetricName, { statistic, minutes = 5, label }: Drawn): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: { stack: stack.stackName },
    period: Duration.minutes(minutes),
    statistic,
    ...(label !== undefined && { label }),
  })
}

/** The same, a line for every value of a dimension: which values there will be, the template cannot know. */
export function metricBy(stack: Stack, by: Exclude<MetricDimension, 'stack'>, name: MetricName, drawn: Drawn) {
  const seconds = (drawn.minutes ?? 5) * 60
  const what = `{${metricNamespace},stack,${by}} stack="${stack.stackName}" MetricName="${name}"`
  return new MathExpression({
    expression: `SEARCH('${what}', '${drawn.statistic}', ${seconds})`,
    usingMetrics: {},
    label: drawn.label ?? '',
    period: Duration.seconds(seconds),
  })
}

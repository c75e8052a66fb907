import { Duration, type Stack } from 'aws-cdk-lib'
import { Dashboard, GraphWidget, type GraphWidgetProps, Metric, Stats, TextWidget } from 'aws-cdk-lib/aws-cloudwatch'
import type { MetricName } from '../lib/core/metrics.ts'
import type { Door } from './functions.ts'
import type { Watched } from './watch.ts'
import { type Drawn, metricBy, stackMetric } from './watch-metrics.ts'

/**
 * One page, in the order in which people ask: what does it cost, does it work, does the machinery run. CloudWatch takes
 * US$ 3 a month for a dashboard after the first three of an account (list price of 2026).
 */
export function dashboard(stack: Stack, watched: Watched): Dashboard {
  return new Dashboard(stack, 'Dashboard', {
    // Dashboards are one list per account, over all regions.
    dashboardName: `${stack.stackName}-${stack.region}`,
    defaultInterval: Duration.days(1),
    widgets: [
      [heading('Money')],
      money(stack),
      [heading('Health')],
      ...health(stack),
      [heading('Machinery')],
      ...machinery(stack, watched),
    ],
  })
}

const heading = (words: string) => new TextWidget({ markdown: `## ${words}`, width: 24, height: 1 })

const graph = (title: string, props: GraphWidgetProps) => new GraphWidget({ title, width: 8, height: 6, ...props })

function money(stack: Stack): GraphWidget[] {
  const one = (name: MetricName, drawn: Drawn) => stackMetric(stack, name, drawn)
  return [
    graph('Spend per hour by model, US$', {
      left: [metricBy(stack, 'model_group', 'cost_usd', { statistic: 'Sum', minutes: 60 })],
      stacked: true,
    }),
    graph('Held by running requests, and unsettled, US$', {
      left: [
        one('held_usd', { statistic: Stats.MAXIMUM, label: 'held' }),
        one('unsettled_usd', { statistic: Stats.MAXIMUM, label: 'unsettled' }),
      ],
      right: [
        one('holds', { statistic: Stats.MAXIMUM, label: 'holds' }),
        one('unsettled', { statistic: Stats.MAXIMUM, label: 'unsettled attempts' }),
      ],
    }),
    graph('Refused and clamped by budgets', {
      left: [
        one('budget_refusals', { statistic: Stats.SUM, label: 'refused' }),
        one('clamps', { statistic: Stats.SUM, label: 'clamped' }),
      ],
    }),
  ]
}

function health(stack: Stack): GraphWidget[][] {
  const one = (name: MetricName, drawn: Drawn) => stackMetric(stack, name, drawn)
  const sum = (name: MetricName) => one(name, { statistic: Stats.SUM, label: name.replaceAll('_', ' ') })
  const percentiles = (name: MetricName) => [
    one(name, { statistic: 'p50', label: 'p50' }),
    one(name, { statistic: 'p95', label: 'p95' }),
  ]
  return [
    [
      graph('Requests, faults and failovers', { left: [sum('requests'), sum('faults'), sum('fallbacks')] }),
      graph('Errors by code', { left: [metricBy(stack, 'error_code', 'errors', { statistic: 'Sum' })] }),
      graph('Share of faults', {
        left: [one('faults', { statistic: Stats.AVERAGE, label: 'all' })],
        right: [metricBy(stack, 'provider', 'faults', { statistic: 'Average' })],
      }),
    ],
    [
      graph('First token, ms', { left: percentiles('first_token_ms') }),
      graph('First token by provider, p95 ms', {
        left: [metricBy(stack, 'provider', 'first_token_ms', { statistic: 'p95' })],
      }),
      graph('Of that and of the rest, not the provider: overhead, ms', { left: percentiles('overhead_ms') }),
    ],
    [
      graph('Tokens', {
        left: [sum('input_tokens'), sum('output_tokens'), sum('cached_tokens'), sum('reasoning_tokens')],
      }),
      graph('Provider, ms', { left: percentiles('upstream_ms') }),
      graph('Management calls', { left: [sum('admin_requests'), sum('admin_denied')] }),
    ],
  ]
}

function machinery(stack: Stack, { gateway, admin, spend, alerts, telemetry }: Watched): GraphWidget[][] {
  const period = Duration.minutes(5)
  const one = (name: MetricName, drawn: Drawn) => stackMetric(stack, name, drawn)
  const functions: Door[] = [admin, spend, alerts, ...(telemetry ? [telemetry] : [])]
  const throttled = [...(gateway.fn ? [gateway.fn] : []), ...functions.map(({ fn }) => fn)]
  return [
    [
      graph('Oldest spend event in the queue, s', {
        left: [spend.queue.metricApproximateAgeOfOldestMessage({ period, statistic: Stats.MAXIMUM })],
      }),
      graph('From an attempt to the ledger, ms', {
        left: [
          one('settlement_lag_ms', { statistic: 'p50', label: 'p50' }),
          one('settlement_lag_ms', { statistic: 'p99', label: 'p99' }),
        ],
        right: [one('settled_events', { statistic: Stats.SUM, label: 'events' })],
      }),
      graph('Waiting: dead letters, outbox, undelivered alerts', {
        left: [
          spend.dead.metricApproximateNumberOfMessagesVisible({
            period,
            statistic: Stats.MAXIMUM,
            label: 'dead letters',
          }),
          one('outbox_waiting', { statistic: Stats.MAXIMUM, label: 'outbox' }),
          alerts.undelivered.metricApproximateNumberOfMessagesVisible({
            period,
            statistic: Stats.MAXIMUM,
            label: 'undelivered alerts',
          }),
        ],
      }),
    ],
    [
      graph('Crashes and logged errors', {
        left: [
          gateway.errors({ period, label: 'gateway' }),
          ...functions.map(({ fn }) => fn.metricErrors({ period })),
          one('error_lines', { statistic: Stats.SUM, label: 'error lines' }),
        ],
      }),
      graph('Throttled calls', { left: throttled.map((fn) => fn.metricThrottles({ period })) }),
      graph('Functions at work in this account and region', {
        left: [
          new Metric({
            namespace: 'AWS/Lambda',
            metricName: 'ConcurrentExecutions',
            statistic: Stats.MAXIMUM,
            period,
          }),
        ],
      }),
    ],
  ]
}

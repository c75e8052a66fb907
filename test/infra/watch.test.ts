import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { defaultFields, type FieldValues } from '../../infra/settings-fields.ts'
import { purser } from '../../infra/stack.ts'
import type { Config } from '../../lib/core/config.ts'
import { objectOf } from '../../lib/core/json.ts'
import { errorLineMetrics, metricLines, metricNamespace, type MetricSet } from '../../lib/core/metrics.ts'

const config = { deployments: [], environment: {}, masterKey: { env: 'PURSER_MASTER_KEY' } } as unknown as Config

function made(over: Partial<FieldValues> = {}): Template {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  return Template.fromStack(purser(app, { ...defaultFields, ...over, configFile: 'config.yaml', config }))
}
const templates = { 'function-url': made(), 'web-function': made({ compute: 'web-function' }) }
const template = templates['function-url']

type Alarm = {
  AlarmActions: unknown[]
  AlarmDescription: string
  Namespace: string
  MetricName: string
  Dimensions?: { Name: string; Value: unknown }[]
  ExtendedStatistic?: string
  EvaluateLowSampleCountPercentile?: string
  Period: number
  EvaluationPeriods: number
  Threshold: number
  TreatMissingData: string
  ComparisonOperator: string
  Metrics?: unknown
}
const alarmsOf = (of: Template): [string, Alarm][] =>
  Object.entries(of.findResources('AWS::CloudWatch::Alarm')).map(([id, { Properties }]) => [
    id.replace(/[0-9A-F]{8}$/, ''),
    Properties as Alarm,
  ])

/** Metric and dimension names that some line carries. */
const sets: MetricSet[] = [...Object.values(metricLines).flat(), errorLineMetrics]
const ofLines = sets.flatMap(({ by, metrics }) => metrics.map((name) => `${name} by ${by.join()}`))

/** Those, and what filters of the template make of lines that are not ours to write. */
function written(of: Template): Set<string> {
  const filters = Object.values(of.findResources('AWS::Logs::MetricFilter'))
  const ofFilters = filters.flatMap(({ Properties }) =>
    (objectOf(Properties).MetricTransformations as unknown as { MetricName: string }[]).map(
      ({ MetricName }) => `${MetricName} by `,
    ),
  )
  return new Set([...ofLines, ...ofFilters])
}

/** The dashboard's JSON, with references of the template as text. */
function bodyOf(of: Template): string {
  const [resource] = Object.values(of.findResources('AWS::CloudWatch::Dashboard'))
  const body = objectOf(objectOf(resource?.Properties).DashboardBody)
  const [, parts] = body['Fn::Join'] as unknown as [string, unknown[]]
  return parts.map((part) => (typeof part === 'string' ? part : 'REF')).join('')
}
type Widget = { type: string; properties: { title?: string; metrics?: unknown[][] } }
const widgetsOf = (of: Template) => (JSON.parse(bodyOf(of)) as { widgets: Widget[] }).widgets

/** Our metrics as a dashboard names them: in rows, and in searches. */
function shown(of: Template): string[] {
  return widgetsOf(of)
    .flatMap(({ properties }) => properties.metrics ?? [])
    .flatMap((row) => {
      const [first, name, ...dimensions] = row
      if (first === metricNamespace)
        return [`${String(name)} by ${dimensions.filter((d, i) => typeof d === 'string' && i % 2 === 0).join()}`]
      const { expression } = objectOf(first) as { expression?: string }
      const found = /\{(\w+),([\w,]+)\} stack="Purser" MetricName="(\w+)"/.exec(expression ?? '')
      return found ? [`${found[3]} by ${found[2]}`] : []
    })
}

describe.each(Object.entries(templates))('alarms over %s', (compute, of) => {
  it('tell the topic, say what is wrong and what to do, and are quiet without data', () => {
    for (const [id, alarm] of alarmsOf(of)) {
      expect(alarm.AlarmActions, id).toEqual([{ Ref: expect.stringMatching(/^AlertsTopic/) as unknown }])
      expect(alarm.AlarmDescription, id).toMatch(/^Purser: .+[.;:] *.*\b(?:look|see|ask)\b/i)
      expect(alarm.TreatMissingData, id).toBe('notBreaching')
      expect(alarm.ComparisonOperator, id).toBe('GreaterThanOrEqualToThreshold')
      // CloudWatch's limit: an alarm looks back a day at most.
      expect(alarm.Period * alarm.EvaluationPeriods, id).toBeLessThanOrEqual(86_400)
      expect(alarm.Metrics, id).toBeUndefined()
    }
  })

  it('watch money, health and crashes', () => {
    const money = ['DeadLetters', 'Lag', 'Outbox', 'Queue', 'Unsettled']
    const health = ['Faults', 'Guessing', 'Outage', ...(compute === 'function-url' ? ['Throttles'] : [])]
    const crashes = ['Admin', 'Alerts', 'Errors', 'Gateway', 'Spend']

    expect(
      alarmsOf(of)
        .map(([id]) => id.replace(/Alarm$/, ''))
        .sort(),
    ).toEqual([...money, ...health, ...crashes].sort())
  })

  it('look only at metrics that our lines carry', () => {
    const ours = alarmsOf(of).filter(([, { Namespace }]) => Namespace === metricNamespace)

    expect(ours.length).toBeGreaterThanOrEqual(7)
    for (const [id, { MetricName, Dimensions = [] }] of ours) {
      expect(written(of), id).toContain(`${MetricName} by ${Dimensions.map(({ Name }) => Name).join()}`)
      for (const { Value } of Dimensions) expect(Value, id).toBe('Purser')
    }
  })
})

describe('alarms', () => {
  it('take a share of faults only where there are enough requests to have one', () => {
    const faults = alarmsOf(template).find(([id]) => id === 'FaultsAlarm')?.[1]

    expect(faults).toMatchObject({
      ExtendedStatistic: 'p90',
      EvaluateLowSampleCountPercentile: 'ignore',
      Threshold: 1,
      Period: 900,
    })
  })

  it('watch the dead letters of telemetry where there is a collector', () => {
    const ids = alarmsOf(made({ otlp: 'https://collector.example:4318' })).map(([id]) => id)

    expect(ids).toContain('TelemetryAlarm')
    expect(alarmsOf(template).map(([id]) => id)).not.toContain('TelemetryAlarm')
  })
})

describe.each(Object.entries(templates))('the dashboard over %s', (_compute, of) => {
  it('shows only metrics that our lines carry', () => {
    const names = shown(of)

    expect(names.length).toBeGreaterThanOrEqual(25)
    for (const name of names) expect(written(of)).toContain(name)
  })

  it('leaves no metric of ours out', () => {
    const all = new Set(sets.flatMap(({ metrics }) => metrics))
    const seen = new Set(shown(of).map((name) => name.split(' ')[0]))

    expect([...all].filter((name) => !seen.has(name))).toEqual([])
  })

  it('puts money before health before machinery', () => {
    const headings = [...bodyOf(of).matchAll(/"markdown":"## (\w+)"/g)].map(([, words]) => words)

    expect(headings).toEqual(['Money', 'Health', 'Machinery'])
    expect(widgetsOf(of)[1]?.properties.title).toBe('Spend per hour by model, US$')
  })
})

it('every function knows the stack whose metrics it writes', () => {
  for (const { Properties } of Object.values(template.findResources('AWS::Lambda::Function')))
    if (objectOf(Properties).Handler === 'index.handler')
      expect(objectOf(objectOf(objectOf(Properties).Environment).Variables).STACK).toBe('Purser')
  const web = Object.values(templates['web-function'].toJSON().Resources as Record<string, { Type: string }>)
  const server = web.filter(({ Type }) => Type.startsWith('AWS::Lambda::WebFunction'))
  expect(JSON.stringify(server)).toMatch(/"STACK":"Purser"|"(?:Key|Name)":"STACK","Value":"Purser"/)
})

it('counts held money every five minutes', () => {
  const inputs = Object.values(template.findResources('AWS::Scheduler::Schedule')).map((schedule) => {
    const { ScheduleExpression, Target } = objectOf(schedule.Properties)
    return [ScheduleExpression, objectOf(Target).Input]
  })

  expect(inputs).toContainEqual(['rate(5 minutes)', '{"task":"count"}'])
})

it('gives the dashboard a name of its own in every region, for dashboards are one list per account', () => {
  const [board] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'))

  expect(objectOf(board?.Properties).DashboardName).toEqual({ 'Fn::Join': ['', ['Purser-', { Ref: 'AWS::Region' }]] })
})

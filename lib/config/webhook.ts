import type { Config } from '../core/config.ts'
import type { Secret } from '../core/deployment.ts'
import { isObject, type JsonObject, listOf } from '../core/json.ts'
import { readFields, secretTexts, text, texts } from './fields.ts'
import type { Path } from './document.ts'
import type { Reading } from './reading.ts'

type Alerting = Pick<Config, 'slackWebhook' | 'reportWebhook' | 'alertWebhook' | 'report'>

const path = ['general_settings']

/** Variables that LiteLLM reads where `alerting` asks for these channels. */
const variables = { slack: 'SLACK_WEBHOOK_URL', webhook: 'WEBHOOK_URL' } as const

/** Days, as LiteLLM counts the frequency of its spend reports, and what comes nearest here. */
const frequencies: Record<string, 'weekly' | 'monthly'> = {
  '7d': 'weekly',
  '1w': 'weekly',
  '30d': 'monthly',
  '1mo': 'monthly',
}

/**
 * Where alerts and spend reports go: `alert_to_webhook_url`, by kind, else the variables that LiteLLM reads where `alerting`
 * asks for Slack or for a webhook. Other channels and kinds of alerts are understood and not done.
 */
export function readAlerting(section: JsonObject, environment: Record<string, Secret>, reading: Reading): Alerting {
  const shape = { alerting: texts, alert_types: texts, spend_report_frequency: text }
  const fields = readFields(shape, section, path, reading)
  const channels = fields.alerting ?? []
  for (const [index, channel] of channels.entries())
    if (!(channel in variables))
      reading.warn([...path, 'alerting', index], 'understood, but not done yet', 'write slack or webhook')
  if (fields.alert_types && !fields.alert_types.includes('budget_alerts'))
    reading.warn([...path, 'alert_types'], 'does not name budget_alerts', 'budget alerts are sent all the same')
  const named = (channel: keyof typeof variables): Secret | undefined =>
    environment[variables[channel]] ?? (channels.includes(channel) ? { env: variables[channel] } : undefined)
  const slackWebhook = urlOf(section, 'budget_alerts', reading) ?? named('slack')
  const reportWebhook = urlOf(section, 'spend_reports', reading)
  const alertWebhook = channels.includes('webhook') ? named('webhook') : undefined
  const report = frequencyOf(fields.alert_types, fields.spend_report_frequency, reading)
  return {
    ...(slackWebhook && { slackWebhook }),
    ...(reportWebhook && { reportWebhook }),
    ...(alertWebhook && { alertWebhook }),
    ...(report && { report }),
  }
}

function urlOf(section: JsonObject, kind: 'budget_alerts' | 'spend_reports', reading: Reading): Secret | undefined {
  const byKind = isObject(section.alert_to_webhook_url) ? section.alert_to_webhook_url : {}
  const at: Path = [...path, 'alert_to_webhook_url']
  const urls = readFields({ [kind]: secretTexts }, byKind, at, reading)[kind]
  const list = listOf(urls === undefined || Array.isArray(urls) ? urls : [urls])
  if (list.length > 1) reading.warn([...at, kind], 'names more than one webhook', 'alerts go to the first')
  const [first] = list
  return typeof first === 'string' ? reading.secret(first) : undefined
}

/** Whoever lists kinds of alerts and leaves reports out wants none. */
function frequencyOf(types: string[] | undefined, every: string | undefined, reading: Reading): Config['report'] {
  if (types && !types.includes('spend_reports')) return 'off'
  if (every === undefined) return undefined
  const known = frequencies[every]
  if (!known) reading.warn([...path, 'spend_report_frequency'], 'is not done', 'write 7d or 30d; reports come weekly')
  return known
}

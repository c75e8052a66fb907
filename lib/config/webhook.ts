import type { Secret } from '../core/config.ts'
import { isObject, type JsonObject, listOf } from '../core/json.ts'
import { readFields, secretTexts, texts } from './fields.ts'
import type { Reading } from './reading.ts'

const variable = 'SLACK_WEBHOOK_URL'

/**
 * Where budget alerts go: `alert_to_webhook_url.budget_alerts`, else the variable that LiteLLM reads where `alerting`
 * asks for Slack. Other channels and kinds of alerts are understood and not done.
 */
export function readWebhook(
  section: JsonObject,
  environment: Record<string, Secret>,
  reading: Reading,
): Secret | undefined {
  const path = ['general_settings']
  const { alerting, alert_types: types } = readFields({ alerting: texts, alert_types: texts }, section, path, reading)
  for (const [index, channel] of (alerting ?? []).entries())
    if (channel !== 'slack')
      reading.warn([...path, 'alerting', index], 'understood, but not done yet', 'alerts go to Slack webhooks')
  if (types && !types.includes('budget_alerts'))
    reading.warn(
      [...path, 'alert_types'],
      'does not name budget_alerts',
      'budget alerts, the only kind there is yet, are sent all the same',
    )
  const byType = isObject(section.alert_to_webhook_url) ? section.alert_to_webhook_url : {}
  const urls = readFields(
    { budget_alerts: secretTexts },
    byType,
    [...path, 'alert_to_webhook_url'],
    reading,
  ).budget_alerts
  const list = listOf(urls === undefined || Array.isArray(urls) ? urls : [urls])
  if (list.length > 1)
    reading.warn(
      [...path, 'alert_to_webhook_url', 'budget_alerts'],
      'names more than one webhook',
      'alerts go to the first',
    )
  const [first] = list
  if (typeof first === 'string') return reading.secret(first)
  return environment[variable] ?? (alerting?.includes('slack') ? { env: variable } : undefined)
}

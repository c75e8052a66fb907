import { type App, CfnOutput, Stack } from 'aws-cdk-lib'
import { secretNames } from '../lib/config/secrets.ts'
import { admin } from './admin.ts'
import { alerts, alertTopic } from './alerts.ts'
import { dashboard } from './dashboard.ts'
import { front } from './front.ts'
import { frontSecret } from './front-secret.ts'
import { gateway } from './gateway.ts'
import { iamUrl } from './iam-url.ts'
import type { Settings } from './settings.ts'
import { spend, spendBus } from './spend.ts'
import { store } from './store.ts'
import { telemetry } from './telemetry.ts'
import { watch, type Watched } from './watch.ts'

/**
 * The whole account on one screen. A call comes to the gateway, which takes money from the table, asks a provider and puts a
 * spend event on the bus; a rule hands it over a queue to spend, which settles, keeps the ledger and tells the topic;
 * alerts brings that to people. While nobody calls it costs a few dollars a month: the secret, the alarms, the dashboard and
 * the polling of an empty queue (cost.md).
 */
export function purser(app: App, settings: Settings): Stack {
  const stack = new Stack(app, settings.stack, { description: 'Purser, an LLM gateway with budgets that hold' })
  const kept = store(stack, settings)
  const shown = frontSecret(stack, settings)
  const parts = { ...kept, bus: spendBus(stack), topic: alertTopic(stack), doorEnvironment: shown?.environment ?? {} }
  const plane = gateway(stack, settings, parts)
  const management = admin(stack, settings, parts)
  if (shown) front(stack, settings, { gatewayUrl: plane.url, adminUrl: management.url, secret: shown })
  if (settings.iam && plane.fn) iamUrl(stack, plane.fn)
  const watched: Watched = {
    gateway: plane,
    admin: management,
    spend: spend(stack, settings, parts),
    alerts: alerts(stack, settings, parts),
    telemetry: telemetry(stack, settings, parts),
    topic: parts.topic,
  }
  watch(stack, watched)
  dashboard(stack, watched)
  new CfnOutput(stack, 'SecretId', { value: kept.secret.id, description: namesText(settings) })
  new CfnOutput(stack, 'TableName', { value: kept.table.tableName })
  return stack
}

const namesText = ({ config }: Settings): string => {
  const names = secretNames(config).filter((name) => name !== 'PURSER_MASTER_KEY')
  return `put here, as JSON beside PURSER_MASTER_KEY: ${names.join(', ') || 'nothing else'}`.slice(0, 1024)
}

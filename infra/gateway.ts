import { CfnOutput, type Stack } from 'aws-cdk-lib'
import type { EventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda'
import { type Door, door } from './functions.ts'
import type { Settings } from './settings.ts'
import { mayRead, mayReadSecret, mayWrite, type Store } from './store.ts'

/**
 * The data plane behind a streaming function URL. It checks keys itself, so the URL is open. It can read records and take
 * money; it cannot make, change or unblock a key, and cannot touch the ledger.
 */
export function gateway(stack: Stack, settings: Settings, { table, secret, bus }: Store & { bus: EventBus }): Door {
  const made = door(stack, 'gateway', {
    config: settings.config,
    description: 'Purser: completions, and nothing that can change a key',
    timeoutSeconds: 900,
    environment: { TABLE: table.tableName, BUS: bus.eventBusName, SECRET: secret.id },
    may: [
      mayRead(table, ['GetItem']),
      mayWrite(table, ['PutItem', 'UpdateItem'], ['BUDGET', 'LIMIT', 'OUTBOX']),
      mayPutEvents(bus),
      mayReadSecret(secret),
    ],
  })
  const url = made.fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, invokeMode: InvokeMode.RESPONSE_STREAM })
  new CfnOutput(stack, 'GatewayUrl', { value: url.url, description: 'base_url of OpenAI clients is this plus v1' })
  return made
}

export const mayPutEvents = (bus: EventBus): PolicyStatement =>
  new PolicyStatement({ actions: ['events:PutEvents'], resources: [bus.eventBusArn] })

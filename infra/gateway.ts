import { CfnOutput, type Stack } from 'aws-cdk-lib'
import type { EventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda'
import { mayInvoke } from './bedrock.ts'
import { type CallParts, door, type DoorProps, type Gateway } from './functions.ts'
import type { Settings } from './settings.ts'
import { mayRead, mayReadSecret, mayWrite } from './store.ts'
import { webFunction } from './web-function.ts'

/**
 * The data plane on a public URL: it checks keys itself, so the URL is open. It can read records and take money; it cannot
 * make, change or unblock a key, and cannot touch the ledger. Code, role and rights are the same on either kind of compute.
 */
export function gateway(stack: Stack, settings: Settings, parts: CallParts): Gateway {
  const { table, secret, bus, doorEnvironment } = parts
  const props: DoorProps = {
    config: settings.config,
    description: 'Purser: completions, and nothing that can change a key',
    timeoutSeconds: 900,
    environment: { TABLE: table.tableName, BUS: bus.eventBusName, SECRET: secret.id, ...doorEnvironment },
    may: [
      mayRead(table, ['GetItem']),
      mayWrite(table, ['PutItem'], ['BUDGET', 'TURN', 'SEAL']),
      mayWrite(table, ['DeleteItem'], ['TURN']),
      mayWrite(table, ['UpdateItem'], ['BUDGET', 'OUTBOX', 'ROUTE']),
      mayPutEvents(bus),
      mayReadSecret(secret),
      ...mayInvoke(stack, settings.config),
    ],
  }
  const made = settings.compute === 'web-function' ? webFunction(stack, 'Gateway', props) : functionUrl(stack, props)
  const description = settings.front ? 'answers FrontUrl alone' : 'base_url of OpenAI clients is this plus v1'
  new CfnOutput(stack, 'GatewayUrl', { value: made.url, description })
  return made
}

/** A function that streams its answers, one call at a time in each of its environments. */
function functionUrl(stack: Stack, props: DoorProps): Gateway {
  const { fn, logs } = door(stack, 'gateway', props)
  const { url } = fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, invokeMode: InvokeMode.RESPONSE_STREAM })
  return { fn, logs, url, errors: (options) => fn.metricErrors(options) }
}

export const mayPutEvents = (bus: EventBus): PolicyStatement =>
  new PolicyStatement({ actions: ['events:PutEvents'], resources: [bus.eventBusArn] })

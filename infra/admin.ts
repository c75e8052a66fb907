import { createHash } from 'node:crypto'
import { CfnCustomResource, CfnOutput, type Stack } from 'aws-cdk-lib'
import { FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda'
import { canariesOf } from '../lib/flows/canary.ts'
import { type CallParts, type Door, door } from './functions.ts'
import { mayPutEvents } from './gateway.ts'
import type { Settings } from './settings.ts'
import { mayRead, mayReadSecret, mayWrite } from './store.ts'

/** Keys of everything that the management API makes and removes; windows are edited, never made, from here. */
const records = ['KEY', 'TEAM', 'USER', 'TOKEN', 'ALIAS', 'LIST']

/**
 * The management API on a URL of its own, because it has a role of its own. Every deployment of another config
 * asks it to see to the gateway's own budget (`litellm_settings.max_budget`), which has a record like any other.
 */
export function admin(stack: Stack, settings: Settings, parts: CallParts): Door & { url: string } {
  const { table, secret, bus, doorEnvironment } = parts
  const made = door(stack, 'admin', {
    config: settings.config,
    description: 'Purser: keys, teams, users and what they spent',
    timeoutSeconds: 60,
    environment: { TABLE: table.tableName, BUS: bus.eventBusName, SECRET: secret.id, ...doorEnvironment },
    may: [
      mayRead(table, ['GetItem', 'BatchGetItem', 'Query']),
      mayWrite(table, ['PutItem'], [...records, 'GLOBAL']),
      mayWrite(table, ['DeleteItem'], records),
      mayWrite(
        table,
        ['UpdateItem'],
        ['BUDGET', 'OUTBOX', ...(canariesOf(settings.config).length > 0 ? ['ROUTE'] : [])],
      ),
      mayPutEvents(bus),
      mayReadSecret(secret),
    ],
  })
  const url = made.fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, invokeMode: InvokeMode.BUFFERED })
  const description = `${settings.front ? 'answers FrontUrl alone' : 'management API'}; the key is PURSER_MASTER_KEY`
  new CfnOutput(stack, 'AdminUrl', { value: url.url, description })
  // In seconds: an answer that never comes would hold a deployment up for an hour.
  const global = new CfnCustomResource(stack, 'Global', { serviceToken: made.fn.functionArn, serviceTimeout: 120 })
  // CloudFormation asks again where a property has changed.
  global.addPropertyOverride('Config', createHash('sha256').update(JSON.stringify(settings.config)).digest('hex'))
  return { ...made, url: url.url }
}

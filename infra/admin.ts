import { CfnOutput, type Stack, Validations } from 'aws-cdk-lib'
import type { EventBus } from 'aws-cdk-lib/aws-events'
import { FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda'
import { Trigger } from 'aws-cdk-lib/triggers'
import { type Door, door } from './functions.ts'
import { mayPutEvents } from './gateway.ts'
import type { Settings } from './settings.ts'
import { mayRead, mayReadSecret, mayWrite, type Store } from './store.ts'

/** Keys of everything the management API keeps; windows are edited, never settled, from here. */
const records = ['KEY', 'TEAM', 'USER', 'GLOBAL', 'TOKEN', 'ALIAS', 'LIST']

/**
 * The management API on a URL of its own, because it has a role of its own. Every deployment of it runs it once, so that the
 * gateway's own budget (`litellm_settings.max_budget`) has its record before a request comes.
 */
export function admin(stack: Stack, settings: Settings, { table, secret, bus }: Store & { bus: EventBus }): Door {
  const made = door(stack, 'admin', {
    config: settings.config,
    description: 'Purser: keys, teams, users and what they spent',
    timeoutSeconds: 60,
    environment: { TABLE: table.tableName, BUS: bus.eventBusName, SECRET: secret.id },
    may: [
      mayRead(table, ['GetItem', 'BatchGetItem', 'Query']),
      mayWrite(table, ['PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'], records),
      mayWrite(table, ['PutItem', 'UpdateItem'], ['BUDGET', 'OUTBOX']),
      mayPutEvents(bus),
      mayReadSecret(secret),
    ],
  })
  const url = made.fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, invokeMode: InvokeMode.BUFFERED })
  new CfnOutput(stack, 'AdminUrl', { value: url.url, description: 'management API; the key is PURSER_MASTER_KEY' })
  new Trigger(stack, 'EnsureGlobal', { handler: made.fn })
  Validations.of(made.fn).acknowledge({
    id: 'Annotation::@aws-cdk/aws-lambda:addPermissionsToVersionOrAlias',
    reason: 'Only the trigger calls a version, and it has the right to; the URL calls the function itself.',
  })
  return made
}

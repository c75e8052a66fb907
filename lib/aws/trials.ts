import type { Trial, Trials } from '../core/canary.ts'
import { type Dynamo, DynamoError } from './dynamo.ts'
import { backPrefix } from './routing.ts'
import { fromAttribute, keyAttributes, keys, toAttribute } from './schema.ts'

/** `try:KEY` is a trial as JSON text, in the item of routing's state: gateways read that item anyway, for `back:KEY`. */
const tryPrefix = 'try:'

/** Trials of canaries, each an attribute of its own, replaced only as it was read. */
export function trialStore({ dynamo, table }: { dynamo: Dynamo; table: string }): Trials {
  const at = { TableName: table, Key: keyAttributes(keys.route()) }
  return {
    async read() {
      const { Item = {} } = await dynamo('GetItem', { ...at, ConsistentRead: true })
      const trials = Object.entries(Item).flatMap(([name, value]): [string, Trial][] => {
        const text = name.startsWith(tryPrefix) ? fromAttribute(value) : undefined
        return typeof text === 'string' ? [[name.slice(tryPrefix.length), JSON.parse(text) as Trial]] : []
      })
      return Object.fromEntries(trials)
    },
    async replace(key, before, after) {
      const back = after.rolledBack?.at
      try {
        await dynamo('UpdateItem', {
          ...at,
          UpdateExpression: back === undefined ? 'SET #try = :after' : 'SET #try = :after, #back = :back',
          ConditionExpression: before ? '#try = :before' : 'attribute_not_exists(#try)',
          ExpressionAttributeNames: {
            '#try': tryPrefix + key,
            ...(back !== undefined && { '#back': backPrefix + key }),
          },
          ExpressionAttributeValues: {
            ':after': toAttribute(JSON.stringify(after)),
            ...(before && { ':before': toAttribute(JSON.stringify(before)) }),
            ...(back !== undefined && { ':back': toAttribute(back) }),
          },
        })
        return true
      } catch (error) {
        if (error instanceof DynamoError && error.code === 'ConditionalCheckFailedException') return false
        throw error
      }
    },
    async remove(key) {
      await dynamo('UpdateItem', {
        ...at,
        UpdateExpression: 'REMOVE #try, #back',
        ExpressionAttributeNames: { '#try': tryPrefix + key, '#back': backPrefix + key },
      })
    },
  }
}

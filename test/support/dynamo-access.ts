import { type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import type { Access } from './iam.ts'

type Operation = { action: string; table: string; keys: string[] }

const partition = (value: unknown): string[] => {
  const pk = stringOf(objectOf(objectOf(value).pk).S)
  return pk === undefined ? [] : [pk]
}

/**
 * What one DynamoDB request asks of IAM: an action per item of a transaction, each with `dynamodb:LeadingKeys`, the partition keys it
 * names (Developer Guide, "IAM policy conditions for fine-grained access control"). A scan names none.
 */
export function dynamoAccess(operation: string, body: JsonObject, arnOf: (table: string) => string): Access[] {
  return operationsOf(operation, body).map(({ action, table, keys }) => ({
    action: `dynamodb:${action}`,
    resource: arnOf(table),
    context: { 'dynamodb:LeadingKeys': keys },
  }))
}

function operationsOf(operation: string, body: JsonObject): Operation[] {
  const table = stringOf(body.TableName) ?? ''
  if (operation === 'TransactWriteItems')
    return listOf(body.TransactItems).flatMap((item) => transacted(objectOf(item)))
  if (operation === 'BatchGetItem')
    return Object.entries(objectOf(body.RequestItems)).map(([table, asked]) => ({
      action: operation,
      table,
      keys: listOf(objectOf(asked).Keys).flatMap(partition),
    }))
  if (operation === 'Query') return [{ action: operation, table, keys: queried(body) }]
  return [{ action: operation, table, keys: [...partition(body.Key), ...partition(body.Item)] }]
}

const actions = { Put: 'PutItem', Update: 'UpdateItem', Delete: 'DeleteItem', ConditionCheck: 'ConditionCheckItem' }

const transacted = (item: JsonObject): Operation[] =>
  Object.entries(actions).flatMap(([name, action]) => {
    if (!(name in item)) return []
    const { TableName, Key, Item } = objectOf(item[name])
    return [{ action, table: stringOf(TableName) ?? '', keys: [...partition(Key), ...partition(Item)] }]
  })

/** Every query of ours says `pk = :pk`. */
const queried = ({ ExpressionAttributeValues }: JsonObject): string[] =>
  partition({ pk: objectOf(ExpressionAttributeValues)[':pk'] ?? null })

import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Dynamo, DynamoError } from '../../lib/aws/dynamo.ts'
import { sdkDynamo } from '../../lib/aws/sdk-dynamo.ts'
import { fromAttributes, keyAttributes, toAttributes } from '../../lib/aws/schema.ts'
import type { StoreOf } from './store.ts'

/** What the directory and the ledger rely on: all or nothing, a reason per action, and a token that makes a repeat harmless. */
export function transactionsContract(at: StoreOf): void {
  const dynamo: Dynamo = (operation, input) => sdkDynamo(at().client)(operation, input)
  const keyOf = (name: string) => ({ pk: `TRANSACTION#${name}`, sk: '-' })
  const valueOf = async (name: string) => {
    const { Item } = await dynamo('GetItem', {
      TableName: at().table,
      Key: keyAttributes(keyOf(name)),
      ConsistentRead: true,
    })
    return Item && fromAttributes(Item)['n']
  }
  const add = (name: string, n = 1) => ({
    Update: {
      TableName: at().table,
      Key: keyAttributes(keyOf(name)),
      UpdateExpression: 'ADD n :n',
      ExpressionAttributeValues: toAttributes({ ':n': n }),
    },
  })
  const only = (name: string) => ({
    Put: {
      TableName: at().table,
      Item: toAttributes({ ...keyOf(name), n: 1 }),
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  })
  const refusal = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!(error instanceof DynamoError)) throw new Error(`expected a refusal, got ${String(error)}`)
    return error
  }

  describe('a transaction', () => {
    it('does nothing where one of its conditions fails, and says which', async () => {
      await dynamo('TransactWriteItems', { TransactItems: [only('there')] })

      const error = await refusal(
        dynamo('TransactWriteItems', { TransactItems: [add('none of it'), only('there'), only('not there')] }),
      )

      expect(error).toMatchObject({ code: 'TransactionCanceledException', certainty: 'no' })
      expect(error.reasons).toEqual(['None', 'ConditionalCheckFailed', 'None'])
      expect(await valueOf('none of it')).toBeUndefined()
      expect(await valueOf('not there')).toBeUndefined()
    })

    it('that is repeated under its token takes effect once, though its condition would fail now', async () => {
      const input = { TransactItems: [add('once'), only('guarded')], ClientRequestToken: randomUUID() }

      await dynamo('TransactWriteItems', input)
      await dynamo('TransactWriteItems', input)

      expect(await valueOf('once')).toBe(1)
    })

    it('under a token that another one has had is refused, and does nothing', async () => {
      const ClientRequestToken = randomUUID()
      await dynamo('TransactWriteItems', { TransactItems: [add('mine')], ClientRequestToken })

      const error = await refusal(dynamo('TransactWriteItems', { TransactItems: [add('other')], ClientRequestToken }))

      expect(error).toMatchObject({ code: 'IdempotentParameterMismatchException', certainty: 'no' })
      expect(await valueOf('other')).toBeUndefined()
    })

    it('without a token takes effect each time', async () => {
      await dynamo('TransactWriteItems', { TransactItems: [add('each')] })
      await dynamo('TransactWriteItems', { TransactItems: [add('each')] })

      expect(await valueOf('each')).toBe(2)
    })

    it('of a hundred actions is taken, one more is not', async () => {
      const actions = (count: number) => Array.from({ length: count }, (_, i) => add(`of ${count} ${i}`))

      await dynamo('TransactWriteItems', { TransactItems: actions(100) })
      const error = await refusal(dynamo('TransactWriteItems', { TransactItems: actions(101) }))

      expect(await valueOf('of 100 99')).toBe(1)
      expect(error).toMatchObject({ code: 'ValidationException', certainty: 'no' })
      expect(await valueOf('of 101 0')).toBeUndefined()
    })

    it('may not name an item twice', async () => {
      const error = await refusal(dynamo('TransactWriteItems', { TransactItems: [add('twice'), add('twice')] }))

      expect(error).toMatchObject({ code: 'ValidationException', certainty: 'no' })
      expect(await valueOf('twice')).toBeUndefined()
    })
  })
}

import {
  BatchGetItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type * as sdk from '@aws-sdk/client-dynamodb'
import { type Dynamo, DynamoError, type DynamoOperations } from './dynamo.ts'

type Send = <Op extends keyof DynamoOperations>(
  operation: Op,
  input: DynamoOperations[Op]['input'],
) => Promise<DynamoOperations[Op]['output']>

/**
 * How a client for `sdkDynamo` is made: nothing is repeated by it, and an answer that never comes counts as lost after five
 * seconds. By itself the SDK waits until the function is ended, and whoever called it learns nothing.
 */
export const sdkPatience = {
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
} as const

/**
 * DynamoDB by the SDK's client, for whatever does not need the thin one. The client must be made with `sdkPatience`:
 * a take that the SDK repeats under the same id breaks the protocol (money protocol, rule 1).
 */
export function sdkDynamo(client: DynamoDBClient): Dynamo {
  const operations = {
    GetItem: (input: sdk.GetItemCommandInput) => client.send(new GetItemCommand(input)),
    PutItem: (input: sdk.PutItemCommandInput) => client.send(new PutItemCommand(input)),
    UpdateItem: (input: sdk.UpdateItemCommandInput) => client.send(new UpdateItemCommand(input)),
    DeleteItem: (input: sdk.DeleteItemCommandInput) => client.send(new DeleteItemCommand(input)),
    Query: (input: sdk.QueryCommandInput) => client.send(new QueryCommand(input)),
    Scan: (input: sdk.ScanCommandInput) => client.send(new ScanCommand(input)),
    BatchGetItem: (input: sdk.BatchGetItemCommandInput) => client.send(new BatchGetItemCommand(input)),
    TransactWriteItems: (input: sdk.TransactWriteItemsCommandInput) =>
      client.send(new TransactWriteItemsCommand(input)),
  } satisfies { [Op in keyof DynamoOperations]: (input: DynamoOperations[Op]['input']) => Promise<unknown> }
  // Each entry takes and gives its own operation's types, checked above; indexing by a type parameter forgets which.
  const send: Send = (operation, input) => (operations[operation] as (of: typeof input) => Promise<never>)(input)

  return async (operation, input) => {
    try {
      return await send(operation, input)
    } catch (error) {
      throw dynamoErrorOf(error)
    }
  }
}

function dynamoErrorOf(error: unknown): DynamoError {
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof DynamoDBServiceException))
    return new DynamoError('lost', message, { lost: true, cause: error })
  const status = error.$metadata.httpStatusCode ?? 500
  if (status >= 500) return new DynamoError(error.name, message, { lost: true, cause: error })
  const { Item, CancellationReasons } = error as {
    Item?: Record<string, sdk.AttributeValue>
    CancellationReasons?: sdk.CancellationReason[]
  }
  return new DynamoError(error.name, message, {
    ...(Item && { item: Item }),
    reasons: (CancellationReasons ?? []).map((reason) => reason.Code ?? 'None'),
    cause: error,
  })
}

import type * as sdk from '@aws-sdk/client-dynamodb'

/** The DynamoDB operations that are used anywhere, with the SDK's own types. */
export type DynamoOperations = {
  GetItem: { input: sdk.GetItemCommandInput; output: sdk.GetItemCommandOutput }
  PutItem: { input: sdk.PutItemCommandInput; output: sdk.PutItemCommandOutput }
  UpdateItem: { input: sdk.UpdateItemCommandInput; output: sdk.UpdateItemCommandOutput }
  DeleteItem: { input: sdk.DeleteItemCommandInput; output: sdk.DeleteItemCommandOutput }
  Query: { input: sdk.QueryCommandInput; output: sdk.QueryCommandOutput }
  Scan: { input: sdk.ScanCommandInput; output: sdk.ScanCommandOutput }
  BatchGetItem: { input: sdk.BatchGetItemCommandInput; output: sdk.BatchGetItemCommandOutput }
  TransactWriteItems: { input: sdk.TransactWriteItemsCommandInput; output: sdk.TransactWriteItemsCommandOutput }
}

/**
 * One call to DynamoDB, sent once: retrying is the caller's decision (money protocol, rule 1). Rejects with a `DynamoError`.
 * Two implementations: `signed` (thin, for the data plane) and `sdkDynamo` (the SDK's client, everywhere else).
 */
export type Dynamo = <Op extends keyof DynamoOperations>(
  operation: Op,
  input: DynamoOperations[Op]['input'],
) => Promise<DynamoOperations[Op]['output']>

/** `no`: the service said no, nothing happened. `lost`: no answer; it may have taken effect, or may yet. */
export class DynamoError extends Error {
  readonly certainty: 'no' | 'lost'
  /** `ConditionalCheckFailedException`, `ThrottlingException`, `TransactionCanceledException`, ...; `lost` for no answer. */
  readonly code: string
  /** ALL_OLD of a failed condition. */
  readonly item: Record<string, sdk.AttributeValue> | undefined
  /** Of a cancelled transaction, one per action; `None` where that action was fine. */
  readonly reasons: string[]

  constructor(
    code: string,
    message: string,
    more: { lost?: boolean; item?: Record<string, sdk.AttributeValue>; reasons?: string[]; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.name = 'DynamoError'
    this.code = code
    this.certainty = more.lost ? 'lost' : 'no'
    this.item = more.item
    this.reasons = more.reasons ?? []
  }
}

import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { tableDefinition } from './schema.ts'
import { sdkPatience } from './sdk-dynamo.ts'

/** The SDK's client for one endpoint. Nothing is retried by it: retrying is a decision of the money protocol (rule 1). */
export const dynamoClient = (
  options: { endpoint: string; region: string } & Pick<DynamoDBClientConfig, 'credentials'>,
): DynamoDBClient =>
  new DynamoDBClient({
    endpoint: options.endpoint,
    region: options.region,
    ...sdkPatience,
    ...(options.credentials && { credentials: options.credentials }),
  })

/** The client for AWS itself: region and credentials from wherever the SDK finds them (environment, profile, role). */
export const awsDynamoClient = (): DynamoDBClient => new DynamoDBClient(sdkPatience)

/** Creates the table where it does not exist, and waits until it can be used (at most a minute). For engines that no stack has prepared. */
export async function ensureTable(client: DynamoDBClient, name: string): Promise<void> {
  if (await exists(client, name)) return
  try {
    await client.send(new CreateTableCommand(tableDefinition(name)))
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ResourceInUseException')) throw error
  }
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { TableName: name })
}

async function exists(client: DynamoDBClient, name: string): Promise<boolean> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }))
    return Table?.TableStatus === 'ACTIVE'
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return false
    throw error
  }
}

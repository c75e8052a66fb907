import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Dynamo } from './dynamo.ts'
import { sdkDynamo, sdkPatience } from './sdk-dynamo.ts'

/** The table by the SDK's client, for functions whose start nobody waits for. It repeats nothing: the callers decide that. */
export const lambdaDynamo = (): Dynamo => sdkDynamo(new DynamoDBClient(sdkPatience))

import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Exchanged } from '../net/exchange.ts'
import { isObject, listOf, objectOf, stringOf, tryParse } from '../core/json.ts'
import { DynamoError } from './dynamo.ts'

/** The service's answer, or a `DynamoError`: `no` only where a 4xx names an exception, everything else is `lost`. */
export function replyOf({ status, body }: Exchanged): unknown {
  const json = tryParse(body)
  if (status === 200 && isObject(json)) return json
  const error = objectOf(json)
  const code = stringOf(error['__type'])?.split('#').pop()
  const message = stringOf(error.message) ?? stringOf(error.Message) ?? `HTTP ${status}`
  if (code === undefined || status < 400 || status >= 500)
    throw new DynamoError(code ?? 'lost', message, { lost: true })
  throw new DynamoError(code, message, {
    ...(isObject(error.Item) && { item: error.Item as Record<string, unknown> as Record<string, AttributeValue> }),
    reasons: listOf(error.CancellationReasons).map((reason) => stringOf(objectOf(reason).Code) ?? 'None'),
  })
}

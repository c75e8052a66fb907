import type { SQSRecord } from 'aws-lambda'
import { isObject, tryParse } from '../core/json.ts'

/**
 * A queue's record as the aggregator takes it: EventBridge's envelope opened, nothing checked yet. What is no envelope goes
 * on as it is, so that it fails alone, with a reason in the log.
 */
export function toMessage(record: SQSRecord): { messageId: string; body: unknown } {
  const envelope = tryParse(record.body)
  const body = isObject(envelope) ? { type: envelope['detail-type'], detail: envelope.detail } : record.body
  return { messageId: record.messageId, body }
}

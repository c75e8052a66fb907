import { isObject, numberOf, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import { dollars } from '../../lib/steps/alert-text.ts'

export const eventHead = ['event', 'id', 'at', 'key', 'model', 'cost']

/**
 * What a person needs of an event that did not arrive, in whatever envelope it lies: the bus's own, EventBridge's, or none.
 * Never prompts or answers: an event has none.
 */
export function eventLine(event: unknown): string[] {
  const parsed = typeof event === 'string' ? tryParse(event) : event
  if (!isObject(parsed)) return ['unreadable', '-', '-', '-', '-', '-']
  const detail = objectOf(parsed.detail)
  const start = numberOf(detail.start)
  const cost = numberOf(detail.cost)
  const look = objectOf(detail.look)
  return [
    stringOf(parsed.type) ?? stringOf(parsed['detail-type']) ?? 'unknown',
    stringOf(detail.id) ?? stringOf(look.pk) ?? stringOf(parsed.id) ?? '-',
    start === undefined ? '-' : new Date(start).toISOString(),
    stringOf(detail.key_alias) ?? stringOf(detail.key_id) ?? '-',
    stringOf(detail.model_group) ?? '-',
    cost === undefined ? '-' : dollars(cost),
  ]
}

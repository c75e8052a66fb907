import type { ContentEvent } from '../core/spend-event.ts'
import { type KeyValue, keyValues, nanos } from './otlp.ts'
import { commonAttributes } from './telemetry-span.ts'
import { placeOf, spanIdOf } from './trace-context.ts'

export type LogRecord = {
  timeUnixNano: string
  observedTimeUnixNano: string
  severityNumber: number
  eventName: string
  attributes: KeyValue[]
  flags: number
  traceId: string
  spanId: string
}

const info = 9

/**
 * What was said in an attempt, as the event that the GenAI conventions have for it, beside the attempt's span: content
 * comes on its own way, and a span that was exported cannot be added to. Undefined where the trace is not sampled.
 */
export function contentRecordOf(content: ContentEvent): LogRecord | undefined {
  const { traceId, sampled } = placeOf(content)
  if (!sampled) return undefined
  return {
    timeUnixNano: nanos(content.at),
    observedTimeUnixNano: nanos(content.at),
    severityNumber: info,
    eventName: 'gen_ai.client.inference.operation.details',
    attributes: keyValues({
      ...commonAttributes(content),
      'gen_ai.input.messages': content.input,
      'gen_ai.output.messages': content.output,
      'purser.content.truncated': content.truncated,
      'purser.request.id': content.request_id,
    }),
    flags: 1,
    traceId,
    spanId: spanIdOf(content.id),
  }
}

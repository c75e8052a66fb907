import * as z from 'zod/mini'
import type { Json } from '../core/json.ts'
import type { ContentEvent, SpendEvent } from '../core/spend-event.ts'
import { readMessage, type SpendMessage } from './settle-batch-messages.ts'

/** A batch for telemetry, sorted: one copy of each attempt and of each content, and whose messages they were. */
export type TelemetryBatch = {
  spends: Map<string, SpendEvent>
  contents: Map<string, ContentEvent>
  /** Messages that are no events of ours, with the reason. */
  poison: { messageId: string; reason: string }[]
}

const json = z.custom<Json>((value) => value !== undefined)
const text = z.string()

const contentEvent: z.ZodMiniType<ContentEvent> = z.looseObject({
  version: z.literal(1),
  id: text,
  request_id: text,
  at: z.number(),
  call_type: z.custom<SpendEvent['call_type']>((value) => typeof value === 'string'),
  provider: text,
  upstream_model: text,
  input: z.array(json),
  output: z.array(json),
  truncated: z.boolean(),
  traceparent: z.exactOptional(text),
  tracestate: z.exactOptional(text),
})
const contentMessage = z.looseObject({ type: z.literal('content.v1'), detail: contentEvent })

/** By message id: of two deliveries of one attempt, both messages are done when it is exported. */
export function readBatch(messages: readonly SpendMessage[]): TelemetryBatch {
  const batch: TelemetryBatch = { spends: new Map(), contents: new Map(), poison: [] }
  for (const message of messages) {
    const content = contentMessage.safeParse(message.body)
    if (content.success) {
      batch.contents.set(message.messageId, content.data.detail)
      continue
    }
    const read = readMessage(message)
    if (read.type === 'spend') batch.spends.set(message.messageId, read.event)
    else if (read.type === 'poison') batch.poison.push({ messageId: message.messageId, reason: read.reason })
  }
  return batch
}

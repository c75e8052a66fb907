import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { encodeSse } from '../../wire/sse.ts'
import type { StreamPrinter } from '../stream-printer.ts'
import type { ReplyMeta } from '../tongue.ts'
import { blockEvents, type MessageEvent } from './client-events.ts'
import { printTier, printUsage } from './client-usage.ts'

/**
 * Parts to events of a message stream, in the order that its SDKs insist on. `message_start` counts the prompt, of which
 * nothing is known yet: an estimate stands there, and the true counts in `message_delta`, which is cumulative.
 */
export function streamPrinter(meta: ReplyMeta): StreamPrinter {
  const blocks = blockEvents(meta.resumed)
  let model = meta.model
  let usage: Usage | undefined
  let tier: JsonObject = {}
  let started = meta.resumed !== undefined

  const start = (): Uint8Array[] => {
    if (started) return []
    started = true
    const counted: Usage = { prompt: meta.promptTokens ?? 0, ...usage, completion: 1 }
    const message = { ...messageHead(meta, model), content: [], stop_reason: null, stop_sequence: null }
    const event = { type: 'message_start', message: { ...message, usage: printUsage(counted, () => undefined) } }
    return [printed(event), printed({ type: 'ping' })]
  }

  return {
    print(part) {
      if (part.type === 'start') model ??= part.model
      if (part.type === 'usage') usage = part.usage
      if (part.type === 'tier') tier = printTier(part)
      const events = blocks.print(part)
      const first = part.type === 'start' || events.length > 0 ? start() : []
      return { bytes: [...first, ...events.map(printed)], content: events.length > 0 }
    },
    finish(part) {
      const { events, stop } = blocks.finish(part)
      const known = usage ?? { prompt: meta.promptTokens ?? 0, completion: 0 }
      const end = {
        type: 'message_delta',
        delta: stop,
        usage: { ...printUsage(known, usage ? meta.dollars : () => undefined), ...tier },
      }
      return { bytes: [...start(), ...events.map(printed)], tail: [printed(end), printed({ type: 'message_stop' })] }
    },
  }
}

/** What a message begins with, streamed or whole. */
export const messageHead = (meta: ReplyMeta, model: string | undefined): JsonObject => ({
  id: meta.id,
  type: 'message',
  role: 'assistant',
  model: model ?? '',
})

/** SDKs look at the event's name and pass over data without one. */
const printed = (event: MessageEvent): Uint8Array => encodeSse(JSON.stringify(event), event.type)

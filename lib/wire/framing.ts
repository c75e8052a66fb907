import { eventStreamDecoder } from './event-stream.ts'
import { ndjsonDecoder } from './ndjson.ts'
import { type SseDecoder, sseDecoder } from './sse.ts'

/** How events of a stream are put on the wire: server-sent events, AWS's binary messages, or one JSON document a line. */
export type Framing = 'sse' | 'eventstream' | 'ndjson'

const decoders: Record<Framing, () => SseDecoder> = {
  sse: sseDecoder,
  eventstream: eventStreamDecoder,
  ndjson: ndjsonDecoder,
}

/** A decoder of any framing gives the same events: a name where there is one, and the data as text. */
export const decoderOf = (framing: Framing): SseDecoder => decoders[framing]()

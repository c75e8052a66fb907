import { createHash } from 'node:crypto'
import type { AttemptId } from '../core/budget.ts'

/** The caller's place in its trace, as W3C Trace Context (level 2) writes it. */
export type TraceContext = { traceId: string; parentId: string; sampled: boolean }

/** Version, trace id, parent id, flags; later versions than 00 may append fields. */
const shape = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

const longestHeader = 512

/** Reads a `traceparent`; undefined where it is not one, which W3C says to treat as absent. */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  const [, version, traceId, parentId, flags, more] = shape.exec(text ?? '') ?? []
  if (traceId === undefined || parentId === undefined || (version === '00' && more !== undefined)) return undefined
  return { traceId, parentId, sampled: (Number.parseInt(flags ?? '0', 16) & 1) === 1 }
}

/** The trace headers of a call, as far as they are well formed and of a length that an event can carry. */
export function traceHeaders(headers: Record<string, string>): { traceparent?: string; tracestate?: string } {
  const { traceparent, tracestate } = headers
  if (traceparent === undefined || traceparent.length > longestHeader || !parseTraceparent(traceparent)) return {}
  return { traceparent, ...(tracestate && tracestate.length <= longestHeader && { tracestate }) }
}

const hashed = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits)

/** An attempt's span id: the same at every delivery of its event, so that a span which is exported twice is one span. */
export const spanIdOf = (id: AttemptId): string => hashed(`span ${id}`, 16)

/** The trace of a request whose caller has none: its attempts stand in it together. */
const ownTraceId = (requestId: string): string => hashed(`trace ${requestId}`, 32)

/** Where an attempt stands: in its caller's trace, or in its own. */
export function placeOf(event: { request_id: string; traceparent?: string }): Omit<TraceContext, 'parentId'> & {
  parentId?: string
} {
  return parseTraceparent(event.traceparent) ?? { traceId: ownTraceId(event.request_id), sampled: true }
}

/** The header by which a provider joins its own spans to the attempt's. */
export function traceparentOf(event: { id: AttemptId; request_id: string; traceparent?: string }): string {
  const { traceId, sampled } = placeOf(event)
  return `00-${traceId}-${spanIdOf(event.id)}-${sampled ? '01' : '00'}`
}

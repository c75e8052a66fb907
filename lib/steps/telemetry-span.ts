import { toDollars } from '../core/money.ts'
import type { SpendEvent } from '../core/spend-event.ts'
import { providerOf } from '../providers/rows.ts'
import { type Attribute, double, type KeyValue, keyValues, nanos, spanKind, statusCode } from './otlp.ts'
import { placeOf, spanIdOf } from './trace-context.ts'

export type Span = {
  traceId: string
  spanId: string
  parentSpanId?: string
  traceState?: string
  flags: number
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: KeyValue[]
  status: { code: number; message?: string }
}

/** W3C's `sampled`, and OTLP's two bits that say whether the parent is in another process. */
const flags = { sampled: 0x001, remoteKnown: 0x100, remote: 0x200 }

/**
 * One attempt as a client span of the GenAI conventions (OpenTelemetry's semantic-conventions-genai, "Inference" and
 * "Embeddings"), under the caller's span where it sent one; undefined where its trace is not sampled. The same event gives
 * the same ids, so a redelivery overwrites and adds nothing.
 */
export function spanOf(event: SpendEvent): Span | undefined {
  const { traceId, parentId, sampled } = placeOf(event)
  if (!sampled) return undefined
  const error = errorTypeOf(event)
  return {
    traceId,
    spanId: spanIdOf(telemetryId(event)),
    ...(parentId !== undefined && { parentSpanId: parentId }),
    ...(event.tracestate !== undefined && { traceState: event.tracestate }),
    flags: flags.sampled | flags.remoteKnown | (parentId === undefined ? 0 : flags.remote),
    name: `${event.call_type} ${event.upstream_model}`.trim(),
    kind: spanKind.client,
    startTimeUnixNano: nanos(event.start),
    endTimeUnixNano: nanos(Math.max(event.start, event.end)),
    attributes: keyValues({ ...commonAttributes(event), ...genAi(event), ...own(event), 'error.type': error }),
    status: error === undefined ? { code: statusCode.unset } : { code: statusCode.error },
  }
}

/** What a span is named by. That an attempt was lost is news of its own: the attempt's true event may still come after it. */
export const telemetryId = ({ id, outcome }: Pick<SpendEvent, 'id' | 'outcome'>): string =>
  outcome === 'lost' ? `lost ${id}` : id

/** What spans, metrics and content of one attempt have in common: few values each, so that metrics stay small. */
export const commonAttributes = (
  event: Pick<SpendEvent, 'call_type' | 'provider' | 'upstream_model'>,
): Record<string, Attribute> => ({
  'gen_ai.operation.name': event.call_type,
  'gen_ai.provider.name': providerOf(event.provider)?.telemetryName ?? event.provider,
  'gen_ai.request.model': event.upstream_model || undefined,
})

/** Our error code; a client that left is no error of the provider or of ours. */
export function errorTypeOf(event: SpendEvent): string | undefined {
  if (event.outcome === 'completed' || event.outcome === 'client_left') return undefined
  // Of a killed gateway the event has a sentence in place of a code.
  return event.outcome === 'lost' ? 'lost' : (event.error ?? '_OTHER')
}

/** Seconds from the request to the first content of a stream. */
export const firstChunkSeconds = (event: SpendEvent): number | undefined =>
  event.stream && event.first_token !== undefined ? Math.max(0, event.first_token - event.start) / 1000 : undefined

const doubles = new Set(['temperature', 'top_p', 'top_k', 'frequency_penalty', 'presence_penalty'])

function genAi(event: SpendEvent): Record<string, Attribute> {
  const { usage } = event
  const known = event.outcome !== 'lost'
  return {
    'gen_ai.request.stream': event.stream || undefined,
    ...parameters(event),
    'gen_ai.response.id': event.response_id,
    'gen_ai.response.model': event.response_model,
    'gen_ai.response.finish_reasons': event.finish_reason === undefined ? undefined : [event.finish_reason],
    'gen_ai.response.time_to_first_chunk': double(firstChunkSeconds(event)),
    'gen_ai.usage.input_tokens': known ? usage.prompt : undefined,
    'gen_ai.usage.output_tokens': known && event.call_type !== 'embeddings' ? usage.completion : undefined,
    'gen_ai.usage.cache_read.input_tokens': usage.cached,
    'gen_ai.usage.cache_creation.input_tokens': usage.cacheWrite,
    'gen_ai.usage.reasoning.output_tokens': usage.reasoning,
    'gen_ai.usage.audio.input_tokens': usage.audioInput,
    'gen_ai.usage.audio.output_tokens': usage.audioOutput,
    ...serverOf(event.server),
  }
}

function parameters({ parameters: set = {} }: SpendEvent): Record<string, Attribute> {
  const { 'choice.count': choices, ...rest } = set
  return {
    ...Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [
        `gen_ai.request.${name}`,
        doubles.has(name) ? double(value) : value,
      ]),
    ),
    // One choice is what everybody means who says nothing.
    'gen_ai.request.choice.count': choices === 1 ? undefined : choices,
  }
}

function serverOf(server: string | undefined): Record<string, Attribute> {
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(server ?? '') ?? []
  return host === undefined ? {} : { 'server.address': host, 'server.port': Number(port) }
}

/** What the conventions have no name for. */
const own = (event: SpendEvent): Record<string, Attribute> => ({
  'purser.request.id': event.request_id,
  'purser.attempt.id': event.id,
  'purser.outcome': event.outcome,
  'purser.status': event.status,
  'purser.cost': double(toDollars(event.cost)),
  'purser.price.source': event.price_source,
  'purser.usage.estimated': event.estimated,
  'purser.key.id': event.key_id,
  'purser.key.alias': event.key_alias,
  'purser.team.id': event.team_id,
  'purser.user.id': event.user_id,
  'purser.end_user': event.end_user,
  'purser.tags': event.tags.length > 0 ? event.tags : undefined,
  'purser.requested_model': event.requested_model,
  'purser.model_group': event.model_group,
  'purser.deployment.id': event.deployment_id,
  'purser.retries': event.attempted_retries,
  'purser.fallbacks': event.attempted_fallbacks,
  'purser.shadow': event.shadow,
})

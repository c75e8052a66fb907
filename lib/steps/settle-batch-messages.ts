import * as z from 'zod/mini'
import { callTypes, type LookEvent, type SpendEvent } from '../core/spend-event.ts'
import { tryScopeOf } from './alert-scope.ts'

/** A message of the queue. The body should be a `BusEvent`; until it is read here, nobody knows. */
export type SpendMessage = { messageId: string; body: unknown }

export type ReadMessage =
  | { type: 'spend'; messageId: string; event: SpendEvent }
  | { type: 'look'; messageId: string; look: LookEvent }
  | { type: 'poison'; messageId: string; reason: string }

const text = z.string()
const amount = z.int().check(z.nonnegative())
const count = z.number().check(z.nonnegative())
const windowKey = {
  pk: z.string().check(
    z.maxLength(2048),
    z.refine((pk) => tryScopeOf({ pk, sk: '' }) !== undefined, 'no budget window'),
  ),
  sk: z.string().check(z.minLength(1), z.maxLength(1024)),
}
const attemptId = z.string().check(z.regex(/^[0-9a-z]{5}[0-9A-Za-z]{10}$/, 'not the id of an attempt'))

const usage = z.looseObject({
  prompt: count,
  completion: count,
  cached: z.exactOptional(count),
  cacheWrite: z.exactOptional(count),
  cacheWrite1h: z.exactOptional(count),
  reasoning: z.exactOptional(count),
  audioInput: z.exactOptional(count),
  audioOutput: z.exactOptional(count),
  webSearches: z.exactOptional(count),
  billedPrompt: z.exactOptional(count),
  billedCompletion: z.exactOptional(count),
})

/** Unknown members pass: the event is additive, and the ledger keeps all of it. */
const spendEvent: z.ZodMiniType<SpendEvent> = z.looseObject({
  version: z.literal(1),
  id: attemptId,
  request_id: text,
  start: count,
  first_token: z.exactOptional(count),
  end: count.check(z.maximum(8.64e15)),
  outcome: z.enum(['completed', 'partial', 'client_left', 'failed', 'lost']),
  call_type: z.enum(callTypes),
  stream: z.boolean(),
  key_id: z.exactOptional(text),
  key_hash: z.exactOptional(text),
  key_alias: z.exactOptional(text),
  user_id: z.exactOptional(text),
  team_id: z.exactOptional(text),
  end_user: z.exactOptional(text),
  tags: z.array(text),
  requested_model: text,
  model_group: text,
  deployment_id: text,
  upstream_model: text,
  provider: text,
  client_dialect: text,
  upstream_dialect: text,
  usage,
  cost: amount,
  price_source: text,
  estimated: z.boolean(),
  holds: z
    .array(z.looseObject({ ...windowKey, amount }))
    .check(
      z.refine((holds) => new Set(holds.map(({ pk, sk }) => `${pk} ${sk}`)).size === holds.length, 'a window twice'),
    ),
  status: z.number(),
  error: z.exactOptional(text),
  attempted_retries: z.number(),
  attempted_fallbacks: z.number(),
  traceparent: z.exactOptional(text),
})

const lookEvent: z.ZodMiniType<LookEvent> = z.looseObject({
  version: z.literal(1),
  look: z.looseObject(windowKey),
  refused: z.exactOptional(z.boolean()),
  limit: z.exactOptional(amount),
})

const busEvent = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('spend.v1'), detail: spendEvent }),
  z.looseObject({ type: z.literal('look.v1'), detail: lookEvent }),
])

/** One message, checked as far as money and the store need. What is no event of ours is poison, with the reason. */
export function readMessage({ messageId, body }: SpendMessage): ReadMessage {
  const read = busEvent.safeParse(body)
  if (!read.success) {
    const reason = read.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ')
    return { type: 'poison', messageId, reason }
  }
  const { type, detail } = read.data
  return type === 'spend.v1' ? { type: 'spend', messageId, event: detail } : { type: 'look', messageId, look: detail }
}

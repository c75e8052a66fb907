import type { JsonObject } from '../../lib/core/json.ts'
import type { Usage } from '../../lib/core/usage.ts'
import type { ChatCall, Exchange, ExchangeOptions, StreamStep } from '../../lib/dialects/dialect.ts'
import { anthropic } from '../../lib/dialects/anthropic/index.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { translator } from '../../lib/dialects/translate.ts'

const translate = translator(openai, anthropic)

/** A call as the door hands it on. */
export const callOf = (body: JsonObject): ChatCall => ({
  text: JSON.stringify(body),
  body,
  model: body.model as string,
  stream: body.stream === true,
  includeUsage: (body.stream_options as JsonObject | undefined)?.include_usage === true,
})

export const exchangeOptions = (options: Partial<ExchangeOptions> = {}): ExchangeOptions => ({
  upstreamModel: 'claude-sonnet-4-5',
  publicModel: undefined,
  params: {},
  flags: {},
  maxOutputTokens: 64_000,
  dropParams: false,
  additionalDropParams: [],
  dollars: (usage: Usage) => (usage.prompt * 3 + usage.completion * 15) / 1e6,
  requestId: 'r1',
  now: 1_700_000_000_000,
  ...options,
})

export const hello: JsonObject = { model: 'claude', messages: [{ role: 'user', content: 'Hello' }] }

export const exchangeOf = (body: JsonObject = {}, options: Partial<ExchangeOptions> = {}): Exchange =>
  translate(callOf({ ...hello, ...body }), exchangeOptions(options))

/** The request as it is sent upstream. */
export const sent = (body: JsonObject = {}, options: Partial<ExchangeOptions> = {}): JsonObject =>
  JSON.parse(exchangeOf(body, options).body) as JsonObject

/** A stream as the provider sends it, from one event's JSON a line. */
export const framed = (lines: string): Buffer =>
  Buffer.from(
    lines
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => `event: ${(JSON.parse(line) as { type: string }).type}\ndata: ${line}\n\n`)
      .join(''),
  )

export type Streamed = {
  steps: StreamStep[]
  bytes: string
  tail: string
  failure: StreamStep['failure']
  finished: boolean
  exchange: Exchange
  seen: ReturnType<Exchange['stream']>['seen']
}

/** Reads a stream in pieces, as a gateway does: nothing is read behind the end. */
export function streamed(exchange: Exchange, pieces: readonly Uint8Array[]): Streamed {
  const reader = exchange.stream()
  const steps: StreamStep[] = []
  for (const piece of pieces) {
    const step = reader.push(piece)
    steps.push(step)
    if (step.finished || step.failure) break
  }
  if (!steps.some((step) => step.finished || step.failure)) steps.push(reader.end())
  const joined = (of: (step: StreamStep) => Uint8Array[]) => Buffer.concat(steps.flatMap(of)).toString()
  return {
    steps,
    bytes: joined((step) => step.bytes),
    tail: joined((step) => step.tail),
    failure: steps.findLast((step) => step.failure)?.failure,
    finished: steps.some((step) => step.finished),
    exchange,
    seen: reader.seen,
  }
}

export type Message = {
  content: string
  reasoning: string
  refusal: string
  calls: { id: string; name: string; arguments: string }[]
  thinkingBlocks: JsonObject[]
  annotations: JsonObject[]
  fields: JsonObject
  finish: string | null
  usage?: JsonObject
  model?: string
}

type Delta = {
  content?: string
  reasoning_content?: string
  refusal?: string
  tool_calls?: { index: number; id?: string; function: { name?: string; arguments?: string } }[]
  thinking_blocks?: JsonObject[]
  annotations?: JsonObject[]
  provider_specific_fields?: JsonObject
}

/** What a client that joins the chunks of a stream ends up with. */
export function accumulated(stream: string): Message {
  const message: Message = {
    content: '',
    reasoning: '',
    refusal: '',
    calls: [],
    thinkingBlocks: [],
    annotations: [],
    fields: {},
    finish: null,
  }
  for (const block of stream.split('\n\n')) {
    const data = block.replace(/^data: /, '')
    if (data === '' || data === '[DONE]') continue
    const chunk = JSON.parse(data) as {
      model: string
      usage?: JsonObject
      choices: { delta: Delta; finish_reason: string | null }[]
    }
    message.model = chunk.model
    if (chunk.usage) message.usage = chunk.usage
    for (const choice of chunk.choices) {
      add(message, choice.delta)
      message.finish = choice.finish_reason ?? message.finish
    }
  }
  return message
}

function add(message: Message, delta: Delta): void {
  message.content += delta.content ?? ''
  message.reasoning += delta.reasoning_content ?? ''
  message.refusal += delta.refusal ?? ''
  message.thinkingBlocks.push(...(delta.thinking_blocks ?? []).map(withoutIndex))
  message.annotations.push(...(delta.annotations ?? []).map(withoutIndex))
  for (const [name, value] of Object.entries(delta.provider_specific_fields ?? {})) {
    const before = message.fields[name]
    const entries = Array.isArray(value) ? (value as JsonObject[]).map(withoutIndex) : value
    message.fields[name] = Array.isArray(before) && Array.isArray(entries) ? [...before, ...entries] : entries
  }
  for (const { index, id, function: piece } of delta.tool_calls ?? []) {
    message.calls[index] ??= { id: id ?? '', name: piece.name ?? '', arguments: '' }
    message.calls[index].arguments += piece.arguments ?? ''
  }
}

const withoutIndex = (entry: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(entry).filter(([name]) => name !== 'index'))

/** The same of a whole reply. */
export function messageOf(body: string): Message {
  const reply = JSON.parse(body) as {
    model: string
    usage?: JsonObject
    choices: { message: Delta & { tool_calls?: { id: string }[] }; finish_reason: string }[]
  }
  const { message: inner, finish_reason: finish } = reply.choices[0] ?? { message: {}, finish_reason: '' }
  return {
    content: inner.content ?? '',
    reasoning: inner.reasoning_content ?? '',
    refusal: inner.refusal ?? '',
    calls: (inner.tool_calls ?? []).map((call) => ({
      id: call.id ?? '',
      name: call.function.name ?? '',
      arguments: call.function.arguments ?? '',
    })),
    thinkingBlocks: inner.thinking_blocks ?? [],
    annotations: inner.annotations ?? [],
    fields: inner.provider_specific_fields ?? {},
    finish,
    ...(reply.usage ? { usage: reply.usage } : {}),
    model: reply.model,
  }
}

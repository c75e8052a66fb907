import type { JsonObject } from '../../lib/core/json.ts'
import type { ClientDialect, DialectName } from '../../lib/dialects/dialect.ts'
import { event as frame } from '../support/event-stream.ts'

/** The words that each stream has, an event each. */
export const wordsOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i ? ' ' : ''}word${i}`)

const sse = (data: JsonObject): Buffer => Buffer.from(`data: ${JSON.stringify(data)}\n\n`)
const named = (data: JsonObject & { type: string }): Buffer =>
  Buffer.from(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`)
const line = (data: JsonObject): Buffer => Buffer.from(`${JSON.stringify(data)}\n`)

type Stream = (words: readonly string[]) => Buffer[]

const openai: Stream = (words) => {
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-mini-2024-07-18' }
  const chunk = (delta: JsonObject, finish_reason: string | null = null) =>
    sse({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason }] })
  const usage = { prompt_tokens: 9, completion_tokens: words.length, total_tokens: 9 + words.length }
  return [
    chunk({ role: 'assistant', content: '' }),
    ...words.map((content) => chunk({ content })),
    chunk({}, 'stop'),
    sse({ ...head, choices: [], usage }),
    Buffer.from('data: [DONE]\n\n'),
  ]
}

const responses: Stream = (words) => {
  const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-5', output: [] }
  const at = { item_id: 'msg_1', output_index: 0 }
  const item = { id: 'msg_1', type: 'message', role: 'assistant', content: [] }
  const text = words.join('')
  const part = { type: 'output_text', text, annotations: [] }
  const usage = { input_tokens: 9, output_tokens: words.length, total_tokens: 9 + words.length }
  const events: (JsonObject & { type: string })[] = [
    { type: 'response.created', response: { ...response, status: 'in_progress' } },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress' } },
    { type: 'response.content_part.added', ...at, content_index: 0, part: { ...part, text: '' } },
    ...words.map((delta) => ({ type: 'response.output_text.delta', ...at, content_index: 0, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...at, content_index: 0, text, logprobs: [] },
    { type: 'response.content_part.done', ...at, content_index: 0, part },
    { type: 'response.output_item.done', output_index: 0, item: { ...item, status: 'completed', content: [part] } },
    {
      type: 'response.completed',
      response: { ...response, status: 'completed', output: [{ ...item, content: [part] }], usage },
    },
  ]
  return events.map((data, sequence_number) => named({ ...data, sequence_number }))
}

const anthropic: Stream = (words) => {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [] }
  return [
    named({
      type: 'message_start',
      message: { ...message, stop_reason: null, usage: { input_tokens: 9, output_tokens: 1 } },
    }),
    named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...words.map((text) => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    named({ type: 'content_block_stop', index: 0 }),
    named({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: words.length },
    }),
    named({ type: 'message_stop' }),
  ]
}

const gemini: Stream = (words) =>
  words.map((text, i) =>
    sse({
      candidates: [
        {
          content: { role: 'model', parts: [{ text }] },
          index: 0,
          ...(i === words.length - 1 && { finishReason: 'STOP' }),
        },
      ],
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: i + 1, totalTokenCount: 10 + i },
      modelVersion: 'gemini-2.5-flash',
      responseId: 'r1',
    }),
  )

const converse: Stream = (words) => [
  frame('messageStart', { role: 'assistant' }),
  ...words.map((text) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
  frame('contentBlockStop', { contentBlockIndex: 0 }),
  frame('messageStop', { stopReason: 'end_turn' }),
  frame('metadata', { usage: { inputTokens: 9, outputTokens: words.length, totalTokens: 9 + words.length } }),
]

const cohere: Stream = (words) => [
  named({ id: 'm1', type: 'message-start', delta: { message: { role: 'assistant', content: [], tool_calls: [] } } }),
  named({ type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } }),
  ...words.map((text) => named({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } })),
  named({ type: 'content-end', index: 0 }),
  named({
    type: 'message-end',
    delta: { finish_reason: 'COMPLETE', usage: { tokens: { input_tokens: 9, output_tokens: words.length } } },
  }),
]

const ollama: Stream = (words) => {
  const head = { model: 'qwen3:8b', created_at: '2026-05-01T10:00:00Z' }
  return [
    ...words.map((content) => line({ ...head, message: { role: 'assistant', content }, done: false })),
    line({
      ...head,
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 9,
      eval_count: words.length,
    }),
  ]
}

/** The same answer as each dialect's providers stream it, one event a piece. */
export const streams: Record<DialectName, Stream> = { openai, responses, anthropic, gemini, converse, cohere, ollama }

/** The same request in each tongue of clients. */
export const requests: Record<ClientDialect, JsonObject> = {
  openai: {
    model: 'm',
    messages: [{ role: 'user', content: 'Say words.' }],
    max_tokens: 500,
    stream: true,
    stream_options: { include_usage: true },
  },
  anthropic: { model: 'm', messages: [{ role: 'user', content: 'Say words.' }], max_tokens: 500, stream: true },
  responses: { model: 'm', input: 'Say words.', max_output_tokens: 500, stream: true },
}

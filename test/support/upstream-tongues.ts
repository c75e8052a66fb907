import type { JsonObject } from '../../lib/core/json.ts'
import { listOf, numberOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { anthropicAgent, openaiAgent } from './agent-script.ts'
import { isModel } from './model-script.ts'
import type { Script, SeenRequest } from './upstream.ts'

/** An answer in a provider's own shape: whole, and as the texts of its events; `events` are the billed tokens. */
export type Answer = { whole: JsonObject; before: string[]; events: string[]; after: string[]; tokens: number }
export type Tongue = {
  answer(script: Script, entry: SeenRequest): Answer
  error(status: number, message: string): JsonObject
  refusal(kind: 'context' | 'filter'): JsonObject
  quota(): JsonObject
  halfCall(event: string): string
  errorEvent(message: string): string
}

/** Scripts whose answers come without their end marker. */
const endless = new Set(['no-done', 'finish-stall'])

/** The rest of the answer, where the conversation ends with its beginning. */
const words = (script: Script, cap: number, said: number) =>
  Array.from(
    { length: Math.min(script.number('tokens', 8) - said, cap) },
    (_, i) => (i + said ? ' ' : '') + `w${i + said}`.padEnd(script.number('size', 1), '.'),
  )

/** How many words of the answer the last turn has, where it is the assistant's. */
function saidIn(body: JsonObject): number {
  const last = objectOf(listOf(body.messages).at(-1))
  return last.role === 'assistant' ? (JSON.stringify(last.content).match(/w\d+/g)?.length ?? 0) : 0
}

/** An event that has half of the arguments. */
const halved = (event: string) => event.replace('\\"Oslo\\"}', '\\"Os')
const isTool = (script: Script) => script.name.startsWith('tool')

const toolNames = (body: JsonObject, script: Script) =>
  listOf(body.tools)
    .slice(0, script.number('parallel', 1))
    .map((tool) => stringOf(objectOf(objectOf(tool).function).name) ?? stringOf(objectOf(tool).name) ?? 'f')

const sse = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`

export const openaiTongue: Tongue = {
  answer(script, entry) {
    if (isModel(script)) return openaiAgent(script, entry)
    const { body } = entry
    const cap = numberOf(body.max_completion_tokens) ?? numberOf(body.max_tokens) ?? Infinity
    const text = words(script, cap, saidIn(body))
    const finish = isTool(script) ? 'tool_calls' : script.number('tokens', 8) > cap ? 'length' : 'stop'
    const usage = {
      prompt_tokens: entry.promptTokens,
      completion_tokens: text.length,
      total_tokens: entry.promptTokens + text.length,
    }
    const head = { id: 'chatcmpl-up', created: 1, model: `${stringOf(body.model) ?? 'deployment'}-2026-01-01` }
    const chunk = (delta: unknown, finish_reason: string | null = null) =>
      sse({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })
    const calls = isTool(script)
      ? toolNames(body, script).map((name, index) => ({
          index,
          id: `call_${index}`,
          type: 'function',
          function: { name, arguments: '{"city":"Oslo"}' },
        }))
      : []
    const wantsUsage = objectOf(body.stream_options).include_usage === true && script.name !== 'no-usage'
    return {
      tokens: text.length,
      whole: {
        ...head,
        object: 'chat.completion',
        choices: [
          {
            index: 0,
            message: {
              role: 'assistant',
              content: calls.length ? null : text.join(''),
              ...(calls.length && {
                tool_calls: calls.map(({ id, type, function: called }) => ({ id, type, function: called })),
              }),
            },
            finish_reason: finish,
          },
        ],
        ...(script.name !== 'no-usage' && { usage }),
      },
      before: [chunk({ role: 'assistant', content: '' })],
      events: calls.length
        ? calls.flatMap((c) => [
            chunk({ tool_calls: [{ ...c, function: { ...c.function, arguments: '' } }] }),
            chunk({ tool_calls: [{ index: c.index, function: { arguments: c.function.arguments } }] }),
          ])
        : text.map((content) => chunk({ content })),
      after: [
        chunk({}, finish),
        ...(wantsUsage ? [sse({ ...head, object: 'chat.completion.chunk', choices: [], usage })] : []),
        ...(endless.has(script.name) ? [] : ['data: [DONE]\n\n']),
      ],
    }
  },
  error: (status, message) => ({
    error: { message, type: status === 429 ? 'rate_limit_error' : 'server_error', param: null, code: null },
  }),
  refusal: (kind) =>
    kind === 'context'
      ? {
          error: {
            message: "This model's maximum context length is 128000 tokens.",
            type: 'invalid_request_error',
            param: 'messages',
            code: 'context_length_exceeded',
          },
        }
      : {
          error: {
            message: 'The response was filtered.',
            type: 'invalid_request_error',
            param: 'prompt',
            code: 'content_filter',
          },
        },
  errorEvent: (message) => sse({ error: { message, type: 'server_error', code: null } }),
  quota: () => ({
    error: {
      message: 'You exceeded your current quota.',
      type: 'insufficient_quota',
      param: null,
      code: 'insufficient_quota',
    },
  }),
  halfCall: halved,
}

const event = (data: { type: string } & Record<string, unknown>) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`

const errorTypes: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

export const anthropicTongue: Tongue = {
  answer(script, entry) {
    if (isModel(script)) return anthropicAgent(script, entry)
    const { body } = entry
    const cap = numberOf(body.max_tokens) ?? 0
    const text = words(script, cap, saidIn(body))
    const stop = isTool(script) ? 'tool_use' : script.number('tokens', 8) > cap ? 'max_tokens' : 'end_turn'
    const usage = {
      input_tokens: entry.promptTokens,
      output_tokens: text.length,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 0,
    }
    const head = { id: 'msg_up', type: 'message', role: 'assistant', model: body.model }
    const tools = isTool(script) ? toolNames(body, script) : []
    const blocks = tools.length
      ? tools.map((name, i) => ({ type: 'tool_use', id: `toolu_${i}`, name, input: { city: 'Oslo' } }))
      : [{ type: 'text', text: text.join('') }]
    return {
      tokens: text.length,
      whole: { ...head, content: blocks, stop_reason: stop, stop_sequence: null, usage } as JsonObject,
      before: [
        event({
          type: 'message_start',
          message: {
            ...head,
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: { ...usage, output_tokens: 1 },
          },
        }),
        event({ type: 'ping' }),
        ...(tools.length
          ? []
          : [event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })]),
      ],
      events: tools.length
        ? tools.flatMap((name, index) => [
            event({
              type: 'content_block_start',
              index,
              content_block: { type: 'tool_use', id: `toolu_${index}`, name, input: {} },
            }),
            event({
              type: 'content_block_delta',
              index,
              delta: { type: 'input_json_delta', partial_json: '{"city":"Oslo"}' },
            }),
            event({ type: 'content_block_stop', index }),
          ])
        : text.map((t) => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: t } })),
      after: [
        ...(tools.length ? [] : [event({ type: 'content_block_stop', index: 0 })]),
        event({
          type: 'message_delta',
          delta: { stop_reason: stop, stop_sequence: null },
          usage: { output_tokens: text.length },
        }),
        ...(endless.has(script.name) ? [] : [event({ type: 'message_stop' })]),
      ],
    }
  },
  error: (status, message) => ({
    type: 'error',
    error: { type: errorTypes[status] ?? 'api_error', message },
  }),
  refusal: (kind) => ({
    type: 'error',
    error: {
      type: 'invalid_request_error',
      message:
        kind === 'context'
          ? 'prompt is too long: 210000 tokens > 200000 maximum'
          : 'Output blocked by content filtering policy',
    },
  }),
  errorEvent: (message) => event({ type: 'error', error: { type: 'overloaded_error', message } }),
  quota: () => ({ type: 'error', error: { type: 'billing_error', message: 'Your credit balance is too low.' } }),
  halfCall: halved,
}

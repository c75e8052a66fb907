import { type Json, type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import type { Script, SeenRequest } from './upstream.ts'
import type { Answer } from './upstream-tongues.ts'

/**
 * The script `agent`: a model that thinks, calls every tool at once (rounds=2 times), then tells what the results were. `args` of
 * a call hold the round and the tool's position; five tokens of each prompt were cached.
 */
const thought = 'Let me see. '
export const signature = 'c2lnbmVk+/=='
const cached = 5

type Turn = { calls: { id: string; name: string; arguments: JsonObject }[]; text: string }

function turnOf(
  script: Script,
  { round, results, tools }: { round: number; results: string[]; tools: string[] },
): Turn {
  if (round >= script.number('rounds', 2)) return { calls: [], text: `Results: ${results.join(', ')}` }
  const calls = tools.map((name, nth) => ({ id: `call_${round}_${nth}`, name, arguments: { round, nth } }))
  return { calls, text: 'One moment.' }
}

const textOf = (content: Json | undefined): string =>
  typeof content === 'string'
    ? content
    : listOf(content)
        .map((block) => stringOf(objectOf(block).text) ?? '')
        .join('')

const sse = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`

export function openaiAgent(script: Script, entry: SeenRequest): Answer {
  const messages = listOf(entry.body.messages).map(objectOf)
  const round = messages.filter((message) => listOf(message.tool_calls).length > 0).length
  const results = messages.filter(({ role }) => role === 'tool').map(({ content }) => textOf(content))
  const tools = listOf(entry.body.tools).map((tool) => stringOf(objectOf(objectOf(tool).function).name) ?? '')
  const { calls, text } = turnOf(script, { round, results, tools })
  const head = { id: 'chatcmpl-up', created: 1, model: 'agent-2026-01-01' }
  const finish = calls.length > 0 ? 'tool_calls' : 'stop'
  const usage = {
    prompt_tokens: entry.promptTokens,
    completion_tokens: 9,
    total_tokens: entry.promptTokens + 9,
    prompt_tokens_details: { cached_tokens: cached },
  }
  const printed = calls.map((call) => ({
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }))
  const chunk = (delta: unknown, finish_reason: string | null = null) =>
    sse({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })
  const message = {
    role: 'assistant',
    content: text,
    reasoning_content: thought,
    ...(calls.length > 0 && { tool_calls: printed }),
  }
  return {
    tokens: 9,
    whole: {
      ...head,
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: finish }],
      usage,
    },
    before: [chunk({ role: 'assistant', content: '' })],
    events: [
      chunk({ reasoning_content: thought }),
      chunk({ content: text }),
      // Parallel calls whose pieces come in turn, as some hosts send them.
      ...printed.map((call, index) =>
        chunk({ tool_calls: [{ index, ...call, function: { ...call.function, arguments: '' } }] }),
      ),
      ...printed.flatMap(({ function: { arguments: args } }, index) =>
        [args.slice(0, 4), args.slice(4)].map((piece) =>
          chunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
        ),
      ),
    ],
    after: [
      chunk({}, finish),
      sse({ ...head, object: 'chat.completion.chunk', choices: [], usage }),
      'data: [DONE]\n\n',
    ],
  }
}

const event = (data: { type: string } & Record<string, unknown>) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`

export function anthropicAgent(script: Script, entry: SeenRequest): Answer {
  const blocks = listOf(entry.body.messages).flatMap((message) => listOf(objectOf(message).content).map(objectOf))
  const round = listOf(entry.body.messages).filter((message) =>
    listOf(objectOf(message).content).some((block) => objectOf(block).type === 'tool_use'),
  ).length
  const results = blocks.filter(({ type }) => type === 'tool_result').map(({ content }) => textOf(content))
  const tools = listOf(entry.body.tools).map((tool) => stringOf(objectOf(tool).name) ?? '')
  const { calls, text } = turnOf(script, { round, results, tools })
  const stop = calls.length > 0 ? 'tool_use' : 'end_turn'
  const head = { id: entry.id ?? 'msg_up', type: 'message', role: 'assistant', model: 'agent-2026-01-01' }
  const usage = {
    input_tokens: entry.promptTokens - cached,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: 0,
    output_tokens: 9,
  }
  const content = [
    { type: 'thinking', thinking: thought, signature },
    { type: 'text', text },
    ...calls.map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: call.arguments })),
  ]
  const start = { ...head, content: [], stop_reason: null, stop_sequence: null, usage: { ...usage, output_tokens: 1 } }
  return {
    tokens: 9,
    whole: { ...head, content, stop_reason: stop, stop_sequence: null, usage },
    before: [event({ type: 'message_start', message: start })],
    events: content.flatMap((block, index) => blockEvents(block, index)),
    after: [
      event({ type: 'message_delta', delta: { stop_reason: stop, stop_sequence: null }, usage }),
      event({ type: 'message_stop' }),
    ],
  }
}

function blockEvents(block: { type: string } & Record<string, unknown>, index: number): string[] {
  const delta = (value: JsonObject) => event({ type: 'content_block_delta', index, delta: value })
  const start = (value: object) => event({ type: 'content_block_start', index, content_block: value })
  const stop = event({ type: 'content_block_stop', index })
  switch (block.type) {
    case 'thinking':
      return [
        start({ type: 'thinking', thinking: '', signature: '' }),
        delta({ type: 'thinking_delta', thinking: block.thinking as string }),
        delta({ type: 'signature_delta', signature }),
        stop,
      ]
    case 'text':
      return [start({ type: 'text', text: '' }), delta({ type: 'text_delta', text: block.text as string }), stop]
    default:
      return [
        start({ ...block, input: {} }),
        delta({ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }),
        stop,
      ]
  }
}

import { type Json, type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { type Asked, turnOf } from './model-script.ts'
import type { Script, SeenRequest } from './upstream.ts'
import type { Answer } from './upstream-tongues.ts'

/** Turns of a scripted model (model-script.ts) in the two tongues of chats; five tokens of each prompt were cached. */
export const thought = 'Let me see. '
export const signature = 'c2lnbmVk+/=='
const cached = 5

const textOf = (content: Json | undefined): string =>
  typeof content === 'string'
    ? content
    : listOf(content)
        .map((block) => stringOf(objectOf(block).text) ?? '')
        .join('')

/** What OpenAI's chat completions ask of the model. */
function askedOpenai(body: JsonObject): Asked {
  const messages = listOf(body.messages).map(objectOf)
  const format = objectOf(objectOf(objectOf(body.response_format).json_schema).schema)
  const choice = body.tool_choice
  const named = stringOf(objectOf(objectOf(choice).function).name)
  const parts = messages.flatMap(({ content }) => listOf(content).map(objectOf))
  return {
    round: messages.filter((message) => listOf(message.tool_calls).length > 0).length,
    results: messages.filter(({ role }) => role === 'tool').map(({ content }) => textOf(content)),
    tools: listOf(body.tools).map((tool) => {
      const { name, parameters } = objectOf(objectOf(tool).function)
      return { name: stringOf(name) ?? '', schema: objectOf(parameters) }
    }),
    ...((named !== undefined || choice === 'required') && { forced: named ?? '' }),
    ...(body.response_format !== undefined && { format }),
    pictures: parts
      .map(({ image_url: image, file, input_audio: sound }) =>
        stringOf(objectOf(image).url ?? objectOf(file).file_data ?? objectOf(sound).data),
      )
      .flatMap((address) => (address === undefined ? [] : [bytesOf(address)])),
    kept: messages.filter(({ reasoning_content: said }) => said === thought).length,
  }
}

/** The bytes of a data URL; another address as it is. */
export const bytesOf = (url: string): string => url.replace(/^data:[^,]*,/, '')

const sse = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`

export function openaiAgent(script: Script, entry: SeenRequest): Answer {
  const asked = askedOpenai(entry.body)
  const { calls, text, thinks } = turnOf(script, asked)
  // Clients tell turns apart by their ids.
  const head = { id: `chatcmpl-up-${asked.round}`, created: 1, model: 'agent-2026-01-01' }
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
    ...(thinks && { reasoning_content: thought }),
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
      ...(thinks ? [chunk({ reasoning_content: thought })] : []),
      ...(text === '' ? [] : [chunk({ content: text })]),
      ...(script.number('woven', 1) ? woven(printed) : printed.map((call, index) => [{ index, ...call }])).map(
        (calls) => chunk({ tool_calls: calls }),
      ),
    ],
    after: [
      chunk({}, finish),
      sse({ ...head, object: 'chat.completion.chunk', choices: [], usage }),
      'data: [DONE]\n\n',
    ],
  }
}

type Printed = { id: string; type: string; function: { name: string; arguments: string } }

/** Parallel calls whose pieces come in turn, as some hosts send them. */
const woven = (calls: readonly Printed[]): JsonObject[][] => [
  ...calls.map((call, index) => [{ index, ...call, function: { ...call.function, arguments: '' } }]),
  ...calls.flatMap(({ function: { arguments: args } }, index) =>
    [args.slice(0, 4), args.slice(4)].map((piece) => [{ index, function: { arguments: piece } }]),
  ),
]

const event = (data: { type: string } & Record<string, unknown>) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`

/** What Anthropic's messages ask of the model. */
function askedAnthropic(body: JsonObject): Asked {
  const turns = listOf(body.messages).map((message) => listOf(objectOf(message).content).map(objectOf))
  const blocks = turns.flat()
  const format = objectOf(body.output_config).format ?? body.output_format
  const choice = objectOf(body.tool_choice)
  return {
    round: turns.filter((turn) => turn.some(({ type }) => type === 'tool_use')).length,
    results: blocks.filter(({ type }) => type === 'tool_result').map(({ content }) => textOf(content)),
    tools: listOf(body.tools).map((tool) => {
      const { name, input_schema: schema } = objectOf(tool)
      return { name: stringOf(name) ?? '', schema: objectOf(schema) }
    }),
    ...((choice.type === 'tool' || choice.type === 'any') && { forced: stringOf(choice.name) ?? '' }),
    ...(format !== undefined && { format: objectOf(objectOf(format).schema) }),
    pictures: blocks
      .filter(({ type }) => type === 'image' || type === 'document')
      .map(({ source }) => stringOf(objectOf(source).data) ?? stringOf(objectOf(source).url) ?? ''),
    kept: blocks.filter(
      (block) => block.type === 'thinking' && block.thinking === thought && block.signature === signature,
    ).length,
  }
}

export function anthropicAgent(script: Script, entry: SeenRequest): Answer {
  const asked = askedAnthropic(entry.body)
  const { calls, text, thinks } = turnOf(script, asked)
  const stop = calls.length > 0 ? 'tool_use' : 'end_turn'
  const head = {
    id: entry.id ?? `msg_up_${asked.round}`,
    type: 'message',
    role: 'assistant',
    model: 'agent-2026-01-01',
  }
  const usage = {
    input_tokens: entry.promptTokens - cached,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: 0,
    output_tokens: 9,
  }
  const content = [
    ...(thinks ? [{ type: 'thinking', thinking: thought, signature }] : []),
    ...(text === '' ? [] : [{ type: 'text', text }]),
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

import { type Json, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { bytesOf, thought } from './agent-script.ts'
import { type Asked, isModel, turnOf } from './model-script.ts'
import type { Script, SeenRequest } from './upstream.ts'
import type { Answer, Tongue } from './upstream-tongues.ts'

const event = (data: { type: string } & JsonObject) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`

/** What stands in `encrypted_content` of the script's reasoning: sealed, and different in every round. */
export const sealOf = (round: number): string => `gAAAAA-sealed-${round}==`

type Item = JsonObject & { type: string }

/** What the model of a script writes: words, calls of every tool, or (`agent`) thoughts, calls in rounds, then their results. */
function outputOf(script: Script, { body }: SeenRequest, text: string): Item[] {
  const tools = listOf(body.tools ?? []).map((tool) => stringOf(objectOf(tool).name) ?? '')
  const message = (words: string): Item => ({
    id: 'msg_up',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: words, annotations: [], logprobs: [] }],
  })
  const call = (name: string, id: string, args: JsonObject): Item => ({
    id: `fc_${id}`,
    type: 'function_call',
    call_id: id,
    name,
    arguments: JSON.stringify(args),
    status: 'completed',
  })
  if (script.name.startsWith('tool'))
    return tools.slice(0, script.number('parallel', 1)).map((name, at) => call(name, `call_${at}`, { city: 'Oslo' }))
  if (!isModel(script)) return [message(text)]
  const asked = askedOf(body)
  const { thinks, text: words, calls } = turnOf(script, asked)
  const reasoning: Item = {
    id: `rs_up_${asked.round}`,
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: thought }],
    encrypted_content: sealOf(asked.round),
  }
  return [
    ...(thinks ? [reasoning] : []),
    ...(calls.length > 0 ? calls.map((one) => call(one.name, one.id, one.arguments)) : [message(words)]),
  ]
}

/** What a request of this API asks of the model. */
function askedOf(body: JsonObject): Asked {
  const items = listOf(body.input).map(objectOf)
  const choice = objectOf(body.tool_choice)
  const format = objectOf(objectOf(body.text).format)
  const parts = items.flatMap(({ content }) => listOf(content).map(objectOf))
  return {
    round: items.filter(({ call_id: id, type }) => type === 'function_call' && stringOf(id)?.endsWith('_0')).length,
    results: items.filter(({ type }) => type === 'function_call_output').map(({ output }) => textOf(output)),
    tools: listOf(body.tools).map((tool) => {
      const { name, parameters } = objectOf(tool)
      return { name: stringOf(name) ?? '', schema: objectOf(parameters) }
    }),
    ...((choice.type === 'function' || body.tool_choice === 'required') && { forced: stringOf(choice.name) ?? '' }),
    ...(format.type === 'json_schema' && { format: objectOf(format.schema) }),
    pictures: parts
      .filter(({ type }) => type === 'input_image' || type === 'input_file')
      .map(({ image_url: url, file_data: data }) => bytesOf(stringOf(url ?? data) ?? '')),
    kept: items.filter(({ type, encrypted_content: seal }, at) => {
      const before = items.slice(0, at).filter((item) => item.type === 'reasoning').length
      return type === 'reasoning' && seal === sealOf(before)
    }).length,
  }
}

/** Results are texts, or lists of parts. */
const textOf = (output: Json | undefined): string =>
  typeof output === 'string'
    ? output
    : listOf(output)
        .map((part) => stringOf(objectOf(part).text) ?? '')
        .join('')

/** The events of one item; of text, one a word. */
function eventsOf(item: Item, output_index: number): string[] {
  const at = { item_id: item.id ?? '', output_index }
  const added = (empty: JsonObject) =>
    event({ type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress', ...empty } })
  const done = event({ type: 'response.output_item.done', output_index, item })
  if (item.type === 'message') {
    const text = stringOf(objectOf(listOf(item.content)[0]).text) ?? ''
    const where = { ...at, content_index: 0 }
    const part = { type: 'output_text', text: '', annotations: [], logprobs: [] }
    const words = text.match(/ ?[^ ]+/g) ?? []
    return framed(
      added({ content: [] }) + event({ type: 'response.content_part.added', ...where, part }),
      words.map((delta) => event({ type: 'response.output_text.delta', ...where, delta, logprobs: [] })),
      event({ type: 'response.output_text.done', ...where, text, logprobs: [] }) +
        event({ type: 'response.content_part.done', ...where, part: { ...part, text } }) +
        done,
    )
  }
  if (item.type === 'reasoning') {
    const where = { ...at, summary_index: 0 }
    return framed(
      added({ summary: [] }) +
        event({ type: 'response.reasoning_summary_part.added', ...where, part: { type: 'summary_text', text: '' } }),
      [event({ type: 'response.reasoning_summary_text.delta', ...where, delta: thought })],
      event({ type: 'response.reasoning_summary_text.done', ...where, text: thought }) +
        event({
          type: 'response.reasoning_summary_part.done',
          ...where,
          part: { type: 'summary_text', text: thought },
        }) +
        done,
    )
  }
  const text = stringOf(item.arguments) ?? ''
  return framed(
    added({ arguments: '' }),
    [event({ type: 'response.function_call_arguments.delta', ...at, delta: text })],
    event({ type: 'response.function_call_arguments.done', ...at, arguments: text, name: item.name ?? '' }) + done,
  )
}

/** What frames an item leaves with its first and last piece: a piece is a token that is billed. */
const framed = (before: string, pieces: readonly string[], after: string): string[] =>
  pieces.map((piece, at) => (at === 0 ? before : '') + piece + (at === pieces.length - 1 ? after : ''))

/** A provider of the responses API. */
export const responsesTongue: Tongue = {
  answer(script, entry): Answer {
    const { body } = entry
    const cap = numberOf(body.max_output_tokens) ?? Infinity
    const wanted = script.number('tokens', 8)
    const words = Array.from({ length: Math.min(wanted, cap) }, (_, i) => `w${i}`.padEnd(script.number('size', 1), '.'))
    const output = outputOf(script, entry, words.join(' '))
    const tokens = isModel(script) ? 9 : words.length
    const cut = !isModel(script) && wanted > cap
    const head = {
      id: 'resp_up',
      object: 'response',
      created_at: 1,
      model: `${stringOf(body.model) ?? ''}-2026-01-01`,
      store: body.store ?? true,
      error: null,
    }
    const usage = {
      input_tokens: entry.promptTokens,
      input_tokens_details: { cached_tokens: isModel(script) ? 5 : 0 },
      output_tokens: tokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: entry.promptTokens + tokens,
    }
    const status = cut ? 'incomplete' : 'completed'
    const whole: JsonObject = {
      ...head,
      status,
      incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
      output,
      usage: script.name === 'no-usage' ? null : usage,
    }
    const begun = { ...head, status: 'in_progress', output: [], usage: null }
    return {
      tokens,
      whole,
      before: [
        event({ type: 'response.created', response: begun }),
        event({ type: 'response.in_progress', response: begun }),
      ],
      events: output.flatMap(eventsOf),
      after: script.name === 'no-done' ? [] : [event({ type: `response.${status}`, response: whole })],
    }
  },
  error: (status, message) => ({
    error: { message, type: status === 429 ? 'rate_limit_error' : 'server_error', param: null, code: null },
  }),
  refusal: (kind) =>
    kind === 'context'
      ? {
          error: {
            message: 'Your input exceeds the context window of this model.',
            type: 'invalid_request_error',
            param: 'input',
            code: 'context_length_exceeded',
          },
        }
      : {
          error: {
            message: 'The response was filtered.',
            type: 'invalid_request_error',
            param: 'input',
            code: 'content_filter',
          },
        },
  quota: () => ({
    error: {
      message: 'You exceeded your current quota.',
      type: 'insufficient_quota',
      param: null,
      code: 'insufficient_quota',
    },
  }),
  errorEvent: (message) => event({ type: 'error', error: { type: 'server_error', code: 'server_error', message } }),
  halfCall: (text) => text.replace('\\"Oslo\\"}', '\\"Os'),
}

import type { JsonObject } from '../../lib/core/json.ts'
import type { DialectName } from '../../lib/dialects/dialect.ts'
import {
  callsOf,
  named,
  type Piece,
  type Said,
  slices,
  type Spoken,
  textOf,
  thoughtOf,
  token,
  unnamed,
} from './spoken.ts'
import { cohere, converse, gemini, ollama } from './spoken-hosts.ts'

/** The same answer as each provider would give it, after the recorded replies of each. */
export const speakers: Record<DialectName, (said: Said) => Spoken> = {
  openai: chat,
  responses,
  anthropic: messages,
  gemini,
  converse,
  cohere,
  ollama,
}

/** One message, so the kinds come one after the other; calls are told side by side. */
function chat(said: Said): Spoken {
  const { step, refusal } = said
  const [text, thought, calls] = [textOf(said), thoughtOf(said), callsOf(said)]
  const cited = said.pieces.flatMap((one) => (one.kind === 'text' ? one.cited : []))
  const annotations = cited.map(({ url, title }) => ({
    type: 'url_citation',
    url_citation: { url, title, start_index: 0, end_index: text.length },
  }))
  const tool_calls = calls.map(({ id, name, args }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }))
  const images = said.pieces.flatMap((one) =>
    one.kind === 'picture' ? [{ type: 'image_url', image_url: { url: `data:image/png;base64,${one.base64}` } }] : [],
  )
  const tokens = said.likely && text !== '' ? { content: slices(text, step).map(token), refusal: null } : null
  const finish_reason = said.ended === 'length' ? 'length' : calls.length > 0 ? 'tool_calls' : 'stop'
  const usage = {
    prompt_tokens: said.usage.prompt,
    completion_tokens: said.usage.completion,
    total_tokens: said.usage.prompt + said.usage.completion,
    prompt_tokens_details: { cached_tokens: said.usage.cached },
    completion_tokens_details: { reasoning_tokens: said.usage.reasoning },
  }
  const head = { id: 'chatcmpl-1', created: 1, model: 'm', ...(said.tier && { service_tier: said.tier }) }
  const message = {
    role: 'assistant',
    content: text === '' ? null : text,
    ...(thought !== '' && { reasoning_content: thought }),
    refusal: refusal ?? null,
    ...(annotations.length > 0 && { annotations }),
    ...(images.length > 0 && { images }),
    ...(calls.length > 0 && { tool_calls }),
  }
  const whole = {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: tokens, finish_reason }],
    usage,
  }
  const chunk = (delta: JsonObject, more: JsonObject = {}): JsonObject => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: null, ...more }],
  })
  const argued = tool_calls.map((one) => slices(one.function.arguments, step))
  const longest = Math.max(0, ...argued.map((all) => all.length))
  const events = [
    chunk({ role: 'assistant', content: '' }),
    ...slices(thought, step).map((reasoning_content) => chunk({ reasoning_content })),
    ...slices(text, step).map((content) =>
      chunk({ content }, tokens ? { logprobs: { content: [token(content)], refusal: null } } : {}),
    ),
    ...(annotations.length > 0 ? [chunk({ annotations })] : []),
    ...slices(refusal ?? '', step).map((piece) => chunk({ refusal: piece })),
    ...(images.length > 0 ? [chunk({ images })] : []),
    ...tool_calls.map((one, index) =>
      chunk({ tool_calls: [{ index, ...one, function: { ...one.function, arguments: '' } }] }),
    ),
    ...Array.from({ length: longest }, (_, nth) =>
      argued.flatMap((all, index) =>
        all[nth] === undefined ? [] : [chunk({ tool_calls: [{ index, function: { arguments: all[nth] } }] })],
      ),
    ).flat(),
    chunk({}, { finish_reason }),
    { ...head, object: 'chat.completion.chunk', choices: [], usage },
  ]
  return { whole, stream: unnamed(events, 'data: [DONE]\n\n') }
}

type Event = JsonObject & { type: string }

function responses(said: Said): Spoken {
  const { step } = said
  const pieces: Piece[] = said.pieces
  const output: JsonObject[] = []
  const events: Event[] = []
  const tell = (item: JsonObject, empty: JsonObject, between: Event[]) => {
    const output_index = output.push(item) - 1
    const at = (one: Event): Event => ({ ...one, output_index, item_id: item.id ?? '' })
    events.push({ type: 'response.output_item.added', output_index, item: { ...item, ...empty } }, ...between.map(at), {
      type: 'response.output_item.done',
      output_index,
      item,
    })
  }
  const texted = (text: string, cited: { url: string; title: string }[]) => {
    const logprobs = said.likely ? slices(text, step).map(token) : []
    const annotations = cited.map((one) => ({ type: 'url_citation', ...one, start_index: 0, end_index: text.length }))
    const part = { type: 'output_text', text, annotations, logprobs }
    const where = { content_index: 0 }
    tell(
      { id: `msg_${output.length}`, type: 'message', role: 'assistant', status: 'completed', content: [part] },
      { content: [] },
      [
        { type: 'response.content_part.added', ...where, part: { ...part, text: '', annotations: [], logprobs: [] } },
        ...slices(text, step).map((delta) => ({
          type: 'response.output_text.delta',
          ...where,
          delta,
          logprobs: said.likely ? [token(delta)] : [],
        })),
        ...annotations.map((annotation, annotation_index) => ({
          type: 'response.output_text.annotation.added',
          ...where,
          annotation_index,
          annotation,
        })),
        { type: 'response.output_text.done', ...where, text, logprobs },
        { type: 'response.content_part.done', ...where, part },
      ],
    )
  }
  for (const one of pieces) {
    const id = `item_${output.length}`
    if (one.kind === 'text') texted(one.text, one.cited)
    else if (one.kind === 'search') {
      const action = { type: 'search', query: one.query }
      tell({ id, type: 'web_search_call', status: 'completed', action }, { status: 'in_progress' }, [
        { type: 'response.web_search_call.searching' },
      ])
    } else if (one.kind === 'sealed') {
      tell({ id, type: 'reasoning', summary: [], encrypted_content: one.data }, {}, [])
    } else if (one.kind === 'picture') {
      const item = { id, type: 'image_generation_call', status: 'completed', output_format: 'png', result: one.base64 }
      tell(item, { status: 'in_progress', result: null }, [{ type: 'response.image_generation_call.generating' }])
    } else if (one.kind === 'thought') {
      const summary = [{ type: 'summary_text', text: one.text }]
      tell({ id, type: 'reasoning', summary, encrypted_content: one.seal }, { summary: [] }, [
        { type: 'response.reasoning_summary_part.added', summary_index: 0, part: { type: 'summary_text', text: '' } },
        ...slices(one.text, step).map((delta) => ({
          type: 'response.reasoning_summary_text.delta',
          summary_index: 0,
          delta,
        })),
        { type: 'response.reasoning_summary_text.done', summary_index: 0, text: one.text },
      ])
    } else {
      const written = JSON.stringify(one.args)
      const item = {
        id,
        type: 'function_call',
        status: 'completed',
        call_id: one.id,
        name: one.name,
        arguments: written,
      }
      tell(item, { arguments: '', status: 'in_progress' }, [
        ...slices(written, step).map((delta) => ({ type: 'response.function_call_arguments.delta', delta })),
        { type: 'response.function_call_arguments.done', arguments: written, name: one.name },
      ])
    }
  }
  const { refusal } = said
  if (refusal !== undefined) {
    const part = { type: 'refusal', refusal }
    tell({ id: 'msg_r', type: 'message', role: 'assistant', status: 'completed', content: [part] }, { content: [] }, [
      ...slices(refusal, step).map((delta) => ({ type: 'response.refusal.delta', content_index: 0, delta })),
      { type: 'response.refusal.done', content_index: 0, refusal },
    ])
  }
  const { usage, ended } = said
  const head = {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    model: 'm',
    ...(said.tier && { service_tier: said.tier }),
  }
  const whole = {
    ...head,
    status: ended === 'length' ? 'incomplete' : 'completed',
    incomplete_details: ended === 'length' ? { reason: 'max_output_tokens' } : null,
    output,
    usage: {
      input_tokens: usage.prompt,
      input_tokens_details: { cached_tokens: usage.cached },
      output_tokens: usage.completion,
      output_tokens_details: { reasoning_tokens: usage.reasoning },
      total_tokens: usage.prompt + usage.completion,
    },
  }
  const all: Event[] = [
    { type: 'response.created', response: { ...head, status: 'in_progress', output: [], usage: null } },
    ...events,
    { type: `response.${whole.status}`, response: whole },
  ]
  return { whole, stream: named(all.map((one, sequence_number) => ({ ...one, sequence_number }))) }
}

function messages(said: Said): Spoken {
  const { step, usage, refusal } = said
  const blocks = said.pieces.flatMap((one, nth): { block: JsonObject; empty: JsonObject; deltas: JsonObject[] }[] => {
    if (one.kind === 'thought') {
      const block = { type: 'thinking', thinking: one.text, signature: one.seal }
      const deltas = slices(one.text, step).map((thinking) => ({ type: 'thinking_delta', thinking }))
      return [
        {
          block,
          empty: { ...block, thinking: '', signature: '' },
          deltas: [...deltas, { type: 'signature_delta', signature: one.seal }],
        },
      ]
    }
    if (one.kind === 'text') {
      const citations = one.cited.map((link) => ({
        type: 'web_search_result_location',
        ...link,
        encrypted_index: 'x',
        cited_text: 'c',
      }))
      return [
        {
          block: { type: 'text', text: one.text, ...(citations.length > 0 && { citations }) },
          empty: { type: 'text', text: '', ...(citations.length > 0 && { citations: [] }) },
          deltas: [
            ...citations.map((citation) => ({ type: 'citations_delta', citation })),
            ...slices(one.text, step).map((text) => ({ type: 'text_delta', text })),
          ],
        },
      ]
    }
    if (one.kind === 'call') {
      const block = { type: 'tool_use', id: one.id, name: one.name, input: one.args }
      const written = Object.keys(one.args).length === 0 ? [] : slices(JSON.stringify(one.args), step)
      const deltas = ['', ...written].map((partial_json) => ({ type: 'input_json_delta', partial_json }))
      return [{ block, empty: { ...block, input: {} }, deltas }]
    }
    if (one.kind === 'sealed') {
      const block = { type: 'redacted_thinking', data: one.data }
      return [{ block, empty: block, deltas: [] }]
    }
    if (one.kind === 'picture') return []
    const id = `srvtoolu_${nth}`
    const use = { type: 'server_tool_use', id, name: 'web_search', input: { query: one.query } }
    const result = { type: 'web_search_tool_result', tool_use_id: id, content: [] }
    const deltas = slices(JSON.stringify(use.input), step).map((partial_json) => ({
      type: 'input_json_delta',
      partial_json,
    }))
    return [
      { block: use, empty: { ...use, input: {} }, deltas },
      { block: result, empty: result, deltas: [] },
    ]
  })
  const refused = refusal === undefined ? {} : { stop_details: { type: 'refusal', explanation: refusal } }
  const stop_reason =
    refusal !== undefined
      ? 'refusal'
      : said.ended === 'length'
        ? 'max_tokens'
        : callsOf(said).length > 0
          ? 'tool_use'
          : 'end_turn'
  const counts = {
    input_tokens: usage.prompt - usage.cached - usage.written,
    cache_read_input_tokens: usage.cached,
    cache_creation_input_tokens: usage.written,
    output_tokens: usage.completion,
    ...(said.tier && { service_tier: said.tier === 'default' ? 'standard' : said.tier }),
  }
  const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm' }
  const whole = {
    ...head,
    content: blocks.map(({ block }) => block),
    stop_reason,
    stop_sequence: null,
    ...refused,
    usage: counts,
  }
  const message = {
    ...head,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...counts, output_tokens: 1 },
  }
  const { service_tier: _, ...last } = counts
  return {
    whole,
    stream: named([
      { type: 'message_start', message },
      { type: 'ping' },
      ...blocks.flatMap(({ empty, deltas }, index) => [
        { type: 'content_block_start', index, content_block: empty },
        ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
        { type: 'content_block_stop', index },
      ]),
      { type: 'message_delta', delta: { stop_reason, stop_sequence: null, ...refused }, usage: last },
      { type: 'message_stop' },
    ]),
  }
}

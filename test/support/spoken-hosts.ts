import type { JsonObject } from '../../lib/core/json.ts'
import { event } from './event-stream.ts'
import { callsOf, named, type Said, slices, type Spoken, textOf, thoughtOf, token, unnamed } from './spoken.ts'

/** Chunks are replies of their own, each with the next parts; what a refusal says has no place. */
export function gemini(said: Said): Spoken {
  const { step, usage } = said
  let sealed = ''
  const parts = said.pieces.flatMap((one): JsonObject[] => {
    if (one.kind === 'text') return [{ text: one.text }]
    if (one.kind === 'thought') {
      sealed = one.seal
      return [{ text: one.text, thought: true }]
    }
    if (one.kind === 'search')
      return [
        { executableCode: { language: 'PYTHON', code: one.query } },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '' } },
      ]
    if (one.kind === 'picture') return [{ inlineData: { mimeType: 'image/png', data: one.base64 } }]
    if (one.kind === 'sealed') return []
    const thoughtSignature = sealed
    sealed = ''
    const called = { functionCall: { id: one.id, name: one.name, args: one.args } }
    return [thoughtSignature === '' ? called : { ...called, thoughtSignature }]
  })
  if (parts.length === 0) parts.push({ text: said.refusal ?? 'Hi' })
  if (sealed !== '') parts.push({ text: '', thoughtSignature: sealed })
  const streamed = parts.flatMap((part) =>
    typeof part.text === 'string' && part.text !== ''
      ? slices(part.text, step).map((text): JsonObject => ({ ...part, text }))
      : [part],
  )
  const text = Buffer.from(textOf(said))
  const cited = said.pieces.flatMap((one) => (one.kind === 'text' ? one.cited : []))
  const groundingMetadata = {
    webSearchQueries: ['q'],
    groundingChunks: cited.map(({ url: uri, title }) => ({ web: { uri, title } })),
    groundingSupports: cited.map((_, nth) => ({
      segment: { startIndex: 0, endIndex: text.length },
      groundingChunkIndices: [nth],
    })),
  }
  const end = {
    finishReason: said.ended === 'length' ? 'MAX_TOKENS' : 'STOP',
    ...(cited.length > 0 && { groundingMetadata }),
  }
  const usageMetadata = {
    promptTokenCount: usage.prompt,
    cachedContentTokenCount: usage.cached,
    candidatesTokenCount: usage.completion - usage.reasoning,
    thoughtsTokenCount: usage.reasoning,
    totalTokenCount: usage.prompt + usage.completion,
    ...(said.tier && { trafficType: said.tier === 'default' ? 'ON_DEMAND' : 'ON_DEMAND_PRIORITY' }),
  }
  const head = { responseId: 'r1', modelVersion: 'gemini-3-pro' }
  const candidate = (list: readonly JsonObject[], more: JsonObject = {}) => ({
    index: 0,
    content: { role: 'model', parts: [...list] },
    ...more,
  })
  const likely = said.likely
    ? streamed.flatMap((part) => (typeof part.text === 'string' && !part.thought ? [part.text] : []))
    : []
  const logged = (texts: readonly string[]): JsonObject =>
    texts.length === 0
      ? {}
      : { logprobsResult: { chosenCandidates: texts.map((one) => ({ token: one, logProbability: -1 })) } }
  return {
    whole: {
      ...head,
      candidates: [candidate(parts, { ...end, ...logged(likely.filter((one) => one !== '')) })],
      usageMetadata,
    },
    stream: unnamed([
      ...streamed.map((part) => ({
        ...head,
        candidates: [
          candidate(
            [part],
            logged(
              said.likely && typeof part.text === 'string' && part.text !== '' && !part.thought ? [part.text] : [],
            ),
          ),
        ],
        usageMetadata: { promptTokenCount: usage.prompt },
      })),
      { ...head, candidates: [candidate([], end)], usageMetadata },
    ]),
  }
}

export function converse(said: Said): Spoken {
  const { step, usage } = said
  const content: JsonObject[] = []
  const frames: Buffer[] = [event('messageStart', { role: 'assistant' })]
  const tell = (block: JsonObject, start: JsonObject | undefined, deltas: readonly JsonObject[]) => {
    const contentBlockIndex = content.push(block) - 1
    if (start) frames.push(event('contentBlockStart', { contentBlockIndex, start }))
    for (const delta of deltas) frames.push(event('contentBlockDelta', { contentBlockIndex, delta }))
    frames.push(event('contentBlockStop', { contentBlockIndex }))
  }
  for (const one of said.pieces) {
    if (one.kind === 'sealed') {
      const reasoningContent = { redactedContent: one.data }
      tell({ reasoningContent }, undefined, [{ reasoningContent }])
    } else if (one.kind === 'picture') {
      const image = { format: 'png', source: { bytes: one.base64 } }
      tell({ image }, { image: { format: 'png' } }, [{ image: { source: image.source } }])
    } else if (one.kind === 'thought') {
      tell({ reasoningContent: { reasoningText: { text: one.text, signature: one.seal } } }, undefined, [
        ...slices(one.text, step).map((text) => ({ reasoningContent: { text } })),
        { reasoningContent: { signature: one.seal } },
      ])
    } else if (one.kind === 'text') {
      const citations = one.cited.map(({ url, title }) => ({ title, location: { web: { url } } }))
      tell(
        citations.length > 0 ? { citationsContent: { content: [{ text: one.text }], citations } } : { text: one.text },
        undefined,
        [...slices(one.text, step).map((text) => ({ text })), ...citations.map((citation) => ({ citation }))],
      )
    } else if (one.kind === 'call') {
      const use = { toolUseId: one.id, name: one.name }
      const written = Object.keys(one.args).length === 0 ? [] : slices(JSON.stringify(one.args), step)
      tell(
        { toolUse: { ...use, input: one.args } },
        { toolUse: use },
        written.map((input) => ({ toolUse: { input } })),
      )
    } else {
      const use = { toolUseId: `s_${content.length}`, name: 'search', type: 'server_tool_use' }
      tell(
        { toolUse: { ...use, input: { query: one.query } } },
        { toolUse: use },
        slices(JSON.stringify({ query: one.query }), step).map((input) => ({ toolUse: { input } })),
      )
    }
  }
  if (content.length === 0) tell({ text: said.refusal ?? 'Hi' }, undefined, [{ text: said.refusal ?? 'Hi' }])
  const stopReason = said.ended === 'length' ? 'max_tokens' : callsOf(said).length > 0 ? 'tool_use' : 'end_turn'
  const counts = {
    inputTokens: usage.prompt - usage.cached - usage.written,
    cacheReadInputTokens: usage.cached,
    cacheWriteInputTokens: usage.written,
    outputTokens: usage.completion,
  }
  const tier = said.tier ? { serviceTier: { type: said.tier } } : {}
  frames.push(event('messageStop', { stopReason }), event('metadata', { usage: counts, ...tier }))
  return {
    whole: { output: { message: { role: 'assistant', content } }, stopReason, usage: counts, ...tier },
    stream: Buffer.concat(frames),
  }
}

export function cohere(said: Said): Spoken {
  const { step, usage } = said
  const content: JsonObject[] = []
  const citations: JsonObject[] = []
  const events: JsonObject[] = [{ type: 'message-start', id: 'c1', delta: { message: { role: 'assistant' } } }]
  const calls = callsOf(said)
  let plan = ''
  for (const one of said.pieces) {
    if (one.kind === 'search') plan += one.query
    if (one.kind !== 'text' && one.kind !== 'thought') continue
    const type = one.kind === 'text' ? 'text' : 'thinking'
    const index = content.push({ type, [type]: one.text }) - 1
    events.push({ type: 'content-start', index, delta: { message: { content: { type, [type]: '' } } } })
    for (const piece of slices(one.text, step))
      events.push({
        type: 'content-delta',
        index,
        delta: { message: { content: { [type]: piece } } },
        ...(said.likely && type === 'text' && { logprobs: { text: piece, token_ids: [1], logprobs: [-1] } }),
      })
    events.push({ type: 'content-end', index })
    for (const { url, title } of one.kind === 'text' ? one.cited : []) {
      const sources = [{ type: 'document', id: 'd', document: { url, title } }]
      const citation = {
        start: 0,
        end: 1,
        text: one.text.slice(0, 1),
        sources,
        content_index: index,
        type: 'TEXT_CONTENT',
      }
      events.push({ type: 'citation-start', index: citations.length, delta: { message: { citations: citation } } })
      events.push({ type: 'citation-end', index: citations.length })
      citations.push(citation)
    }
  }
  for (const tool_plan of slices(plan, step))
    events.push({ type: 'tool-plan-delta', delta: { message: { tool_plan } } })
  const tool_calls = calls.map(({ id, name, args }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }))
  for (const [index, one] of tool_calls.entries()) {
    const written = one.function.arguments
    const begun = { ...one, function: { ...one.function, arguments: '' } }
    events.push({ type: 'tool-call-start', index, delta: { message: { tool_calls: begun } } })
    for (const piece of slices(written, step))
      events.push({
        type: 'tool-call-delta',
        index,
        delta: { message: { tool_calls: { function: { arguments: piece } } } },
      })
    events.push({ type: 'tool-call-end', index })
  }
  if (content.length === 0 && calls.length === 0) {
    content.push({ type: 'text', text: 'Hi' })
    events.push({ type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: 'Hi' } } } })
  }
  const finish_reason = said.ended === 'length' ? 'MAX_TOKENS' : calls.length > 0 ? 'TOOL_CALL' : 'COMPLETE'
  const counts = {
    billed_units: { input_tokens: usage.prompt, output_tokens: usage.completion },
    tokens: { input_tokens: usage.prompt, output_tokens: usage.completion },
    cached_tokens: usage.cached,
  }
  events.push({ type: 'message-end', delta: { finish_reason, usage: counts } })
  const likely = said.likely ? said.pieces.flatMap((one) => (one.kind === 'text' ? slices(one.text, step) : [])) : []
  return {
    whole: {
      id: 'c1',
      message: {
        role: 'assistant',
        content,
        ...(plan !== '' && { tool_plan: plan }),
        ...(citations.length > 0 && { citations }),
        ...(calls.length > 0 && { tool_calls }),
      },
      ...(likely.length > 0 && { logprobs: likely.map((text) => ({ text, token_ids: [1], logprobs: [-1] })) }),
      finish_reason,
      usage: counts,
    },
    stream: named(events),
  }
}

export function ollama(said: Said): Spoken {
  const { step, usage } = said
  const [text, thought, calls] = [textOf(said), thoughtOf(said), callsOf(said)]
  const head = { model: 'm', created_at: '2026-01-01T00:00:00Z' }
  const tool_calls = calls.map(({ name, args }) => ({ function: { name, arguments: args } }))
  const end = {
    done: true,
    done_reason: said.ended === 'length' ? 'length' : 'stop',
    prompt_eval_count: usage.prompt,
    eval_count: usage.completion,
  }
  const message = {
    role: 'assistant',
    content: text,
    ...(thought !== '' && { thinking: thought }),
    ...(calls.length > 0 && { tool_calls }),
  }
  const line = (more: JsonObject, beside: JsonObject = {}): JsonObject => ({
    ...head,
    message: { role: 'assistant', content: '', ...more },
    done: false,
    ...beside,
  })
  const lines = [
    ...slices(thought, step).map((thinking) => line({ thinking })),
    ...slices(text, step).map((content) => line({ content }, said.likely ? { logprobs: [token(content)] } : {})),
    ...tool_calls.map((one) => line({ tool_calls: [one] })),
    { ...line({}), ...end },
  ]
  const likely = said.likely && text !== '' ? { logprobs: slices(text, step).map(token) } : {}
  return {
    whole: { ...head, message, ...likely, ...end },
    stream: Buffer.from(lines.map((one) => `${JSON.stringify(one)}\n`).join('')),
  }
}

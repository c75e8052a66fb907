import { type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { thought } from './agent-script.ts'
import { type Asked, type Call, isModel, turnOf } from './model-script.ts'
import type { Script, SeenRequest } from './upstream.ts'
import type { Answer, Tongue } from './upstream-tongues.ts'

const event = (data: JsonObject) => `data: ${JSON.stringify(data)}\r\n\r\n`

/** What stands behind the first call of a turn: it must come back with it. */
const sign = (round: number): string => Buffer.from(`signed-${round}`).toString('base64')

/** What Google's generateContent asks of the model. */
function askedOf(body: JsonObject): Asked {
  const turns = listOf(body.contents).map((content) => listOf(objectOf(content).parts).map(objectOf))
  const parts = turns.flat()
  const config = objectOf(body.generationConfig)
  const calling = objectOf(objectOf(body.toolConfig).functionCallingConfig)
  const allowed = listOf(calling.allowedFunctionNames)
  const schema = config.responseJsonSchema ?? config.responseSchema
  const called = turns.filter((turn) => turn.some((part) => part.functionCall !== undefined))
  return {
    round: called.length,
    results: parts.flatMap(({ functionResponse: answer }) =>
      answer === undefined ? [] : [resultOf(objectOf(answer))],
    ),
    tools: listOf(body.tools)
      .flatMap((tool) => listOf(objectOf(tool).functionDeclarations).map(objectOf))
      .map(({ name, parametersJsonSchema, parameters }) => ({
        name: stringOf(name) ?? '',
        schema: objectOf(parametersJsonSchema ?? parameters),
      })),
    ...(calling.mode === 'ANY' && { forced: allowed.length === 1 ? (stringOf(allowed[0]) ?? '') : '' }),
    ...(schema !== undefined && { format: objectOf(schema) }),
    pictures: parts
      .map(({ inlineData, fileData }) => stringOf(objectOf(inlineData).data) ?? stringOf(objectOf(fileData).fileUri))
      .filter((picture) => picture !== undefined),
    kept: called.filter((turn, round) =>
      turn.some((part) => part.functionCall && part.thoughtSignature === sign(round)),
    ).length,
  }
}

/** A result is an object, one member of which is the text that a client sent. */
function resultOf(answer: JsonObject): string {
  const [value] = Object.values(objectOf(answer.response))
  return typeof value === 'string' ? value : JSON.stringify(answer.response)
}

function partsOf(script: Script, { body }: SeenRequest, text: string[]): JsonObject[] {
  const asked = askedOf(body)
  const call = (one: Call, nth: number): JsonObject => ({
    functionCall: { id: one.id, name: one.name, args: one.arguments },
    ...(nth === 0 && { thoughtSignature: sign(asked.round) }),
  })
  if (script.name.startsWith('tool'))
    return asked.tools
      .slice(0, script.number('parallel', 1))
      .map(({ name }, at) => call({ id: `call_${at}`, name, arguments: { city: 'Oslo' } }, at))
  if (!isModel(script)) return text.map((word) => ({ text: word }))
  const { thinks, text: said, calls } = turnOf(script, asked)
  return [
    ...(thinks ? [{ text: thought, thought: true }] : []),
    ...(said === '' ? [] : [{ text: said }]),
    ...calls.map(call),
  ]
}

/** Google's generateContent, streamed and whole. */
export const geminiTongue: Tongue = {
  answer(script, entry): Answer {
    const cap = numberOf(objectOf(entry.body.generationConfig).maxOutputTokens) ?? Infinity
    const wanted = script.number('tokens', 8)
    const words = Array.from({ length: Math.min(wanted, cap) }, (_, i) => (i ? ' ' : '') + `w${i}`)
    const parts = partsOf(script, entry, words)
    const tokens = isModel(script) ? 9 : words.length
    const head = { modelVersion: 'gemini-scripted-001', responseId: 'resp-up' }
    const usageMetadata = {
      promptTokenCount: entry.promptTokens,
      candidatesTokenCount: tokens,
      totalTokenCount: entry.promptTokens + tokens,
      ...(isModel(script) && { cachedContentTokenCount: 5 }),
    }
    const finishReason = !isModel(script) && wanted > cap ? 'MAX_TOKENS' : 'STOP'
    const chunk = (part: JsonObject) =>
      event({ ...head, candidates: [{ index: 0, content: { role: 'model', parts: [part] } }] })
    const last = {
      ...head,
      candidates: [{ index: 0, content: { role: 'model', parts: [{ text: '' }] }, finishReason }],
    }
    return {
      tokens,
      whole: { ...head, candidates: [{ index: 0, content: { role: 'model', parts }, finishReason }], usageMetadata },
      before: [],
      events: parts.map(chunk),
      after: script.name === 'no-done' ? [] : [event({ ...last, usageMetadata })],
    }
  },
  error: (status, message) => ({ error: { code: status, message, status: statuses[status] ?? 'INTERNAL' } }),
  refusal: (kind) => ({
    error: {
      code: 400,
      message:
        kind === 'context'
          ? 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'
          : 'The request was blocked.',
      status: 'INVALID_ARGUMENT',
    },
  }),
  quota: () => ({ error: { code: 429, message: 'You exceeded your current quota.', status: 'RESOURCE_EXHAUSTED' } }),
  errorEvent: (message) => event({ error: { code: 503, message, status: 'UNAVAILABLE' } }),
  halfCall: (text) => text,
}

const statuses: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
  529: 'UNAVAILABLE',
}

import { isObject, type Json, type JsonObject, listOf, numberOf, stringOf } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import { encodeSse } from '../../wire/sse.ts'
import { besideBounds } from '../beside-bounds.ts'
import type { Bounds, ExchangeOptions, StreamReader } from '../dialect.ts'
import { passExchange, type PlainCall, type Speaker } from '../endpoint.ts'
import { passEvents } from '../endpoint-stream.ts'
import { expectField, flag, invalid, isTokens, modelOf, range, textField, whole } from '../fields.ts'
import { readBody } from '../read-body.ts'
import { withDefaults } from '../openai/pass-body.ts'
import { usageOf } from '../openai/watch-usage.ts'

/** A completion of the kind that came before chat: a text, or several, to go on with. */
export type CompletionsCall = PlainCall & { prompts: (string | number[])[]; stream: boolean; includeUsage: boolean }

/** Reads such a request. Throws `invalid_json` or `invalid_request` with the field and what it should be. */
export function completionsCall(text: string): CompletionsCall {
  const read = readBody(text)
  const { body } = read
  const model = modelOf(body)
  const { prompt = '' } = body
  const prompts = typeof prompt === 'string' || isTokens(prompt) ? [prompt] : listOf(prompt)
  if (prompts.length === 0 || !prompts.every((one) => typeof one === 'string' || isTokens(one)))
    throw invalid('prompt', prompt, 'a text, a list of texts, or token numbers')
  for (const name of ['max_tokens', 'n', 'best_of', 'logprobs']) expectField(name, body[name], whole)
  for (const name of ['stream', 'echo']) expectField(name, body[name], flag)
  expectField('temperature', body.temperature, range(0, 2))
  expectField('suffix', body.suffix, textField)
  const options = body.stream_options
  return {
    ...read,
    model,
    prompts,
    stream: body.stream === true,
    includeUsage: isObject(options) && options.include_usage === true,
  }
}

/** Markers around a prompt. */
const framing = 8
/** Counted by itself, or no part of any prompt. */
const said = new Set(
  `model prompt max_tokens n best_of logprobs stream stream_options echo temperature top_p stop seed user metadata
   frequency_penalty presence_penalty logit_bias`.split(/\s+/),
)

/** Every prompt has its own answers, and each may be as long as the cap. A suffix, and whatever else, is read with each. */
export function boundsOf(call: CompletionsCall, params: Record<string, Json>): Bounds {
  const body = withDefaults(call.body, params)
  const sizes = call.prompts.map((one) => (typeof one === 'string' ? Buffer.byteLength(one) : one.length) + framing)
  const beside = besideBounds(body, said)
  const cap = numberOf(body.max_tokens)
  return {
    ...beside,
    inputTokens: sizes.reduce((sum, size) => sum + size + beside.inputTokens, 0),
    ...(cap !== undefined && { outputCap: cap }),
    choices: call.prompts.length * Math.max(numberOf(body.n) ?? 1, numberOf(body.best_of) ?? 1, 1),
  }
}

const textsIn = (json: JsonObject): string[] =>
  listOf(json.choices).flatMap((choice) => (isObject(choice) ? (stringOf(choice.text) ?? []) : []))

/** Hosts of OpenAI's shape; nobody else has had this endpoint. */
export const completionsExchange: Speaker<CompletionsCall> = (call, options) => ({
  ...passExchange(capped(call, options), options, (json) => {
    const texts = textsIn(json)
    if (texts.length === 0) return { missing: 'The provider answered without a choice.' }
    return { seen: { contentBytes: Buffer.byteLength(texts.join('')), contentEvents: 1, ...finishIn(json) } }
  }),
  stream: () => completionEvents(call, options),
})

function finishIn(json: JsonObject): { finish?: string } {
  const finish = listOf(json.choices).flatMap((choice) =>
    isObject(choice) ? (stringOf(choice.finish_reason) ?? []) : [],
  )[0]
  return finish === undefined ? {} : { finish }
}

/** The cap that was held for, and the usage of a stream, which money is counted by. */
function capped(call: CompletionsCall, { outputCap, flags }: ExchangeOptions): CompletionsCall {
  const set: JsonObject = {
    ...(outputCap !== undefined && { max_tokens: outputCap }),
    ...(call.stream && flags.streamUsage && { stream_options: { include_usage: true } }),
  }
  const remove = call.stream && flags.streamUsage ? [] : ['stream_options']
  const body = Object.fromEntries(Object.entries(call.body).filter(([name]) => !remove.includes(name)))
  return { ...call, text: splice(call.text, { set, remove }), body: { ...body, ...set } }
}

function completionEvents(call: CompletionsCall, { publicModel }: ExchangeOptions): StreamReader {
  const reader = passEvents({
    contentBytes: (event) => Buffer.byteLength(textsIn(event).join('')),
    usage: usageOf,
    finish: (event) => finishIn(event).finish,
    ends: (event) => event === undefined,
    // Some hosts close without an end marker: a finish for the one choice says as much.
    mayEnd: () => reader.seen.finish !== undefined && call.prompts.length === 1,
    edit: (event, raw) => {
      if (!call.includeUsage && isObject(event.usage) && listOf(event.choices).length === 0) return undefined
      if (publicModel === undefined || event.model === publicModel) return raw
      return encodeSse(splice(JSON.stringify(event), { set: { model: publicModel } }))
    },
  })
  return reader
}

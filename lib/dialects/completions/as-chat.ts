import {
  isObject,
  type Json,
  type JsonObject,
  listOf,
  numberOf,
  objectOf,
  stringOf,
  tryParse,
} from '../../core/json.ts'
import { sseDecoder, encodeSse, type SseEvent } from '../../wire/sse.ts'
import type { ChatCall, Exchange, StreamReader, StreamStep } from '../dialect.ts'
import { unsupported } from '../unsupported.ts'
import type { CompletionsCall } from './index.ts'

/**
 * What a chat cannot do: repeat the prompt, fill a gap, choose the best of several, read tokens, answer several prompts at once.
 * Undefined: nothing of that is asked for.
 */
export function beyondChat({ body, prompts }: CompletionsCall): string | undefined {
  if (prompts.length > 1 || typeof prompts[0] !== 'string') return 'prompt'
  if (body.echo === true) return 'echo'
  if (typeof body.suffix === 'string' && body.suffix !== '') return 'suffix'
  return (numberOf(body.best_of) ?? 1) > (numberOf(body.n) ?? 1) ? 'best_of' : undefined
}

const ownFields = new Set(['prompt', 'echo', 'suffix', 'best_of', 'logprobs'])

/**
 * The request as a chat: the prompt is what the user says, and all that both know stays.
 * @throws GatewayError `unsupported_parameter` for what a chat cannot do
 */
export function asChat(call: CompletionsCall): ChatCall {
  const { body, prompts, model, stream, includeUsage } = call
  const beyond = beyondChat(call)
  if (beyond !== undefined) throw unsupported(beyond, body[beyond])
  const rest = Object.entries(body).filter(([name, value]) => !ownFields.has(name) && value !== null)
  const likeliest = numberOf(body.logprobs)
  const chat: JsonObject = {
    ...Object.fromEntries(rest),
    messages: [{ role: 'user', content: stringOf(prompts[0]) ?? '' }],
    ...(likeliest === undefined ? {} : { logprobs: true }),
    ...(likeliest === undefined || likeliest === 0 ? {} : { top_logprobs: likeliest }),
  }
  return { text: JSON.stringify(chat), body: chat, model, stream, includeUsage }
}

/** A chat's exchange, its answers told as completions. */
export const toldAsCompletions = (exchange: Exchange): Exchange => ({
  ...exchange,
  whole: (bytes, headers) => {
    const reply = exchange.whole(bytes, headers)
    if ('failure' in reply) return reply
    const text = typeof reply.body === 'string' ? reply.body : Buffer.from(reply.body).toString()
    return { ...reply, body: JSON.stringify(completionOf(objectOf(tryParse(text)), 'message')) }
  },
  stream: () => completionsStream(exchange.stream()),
})

function completionsStream(reader: StreamReader): StreamReader {
  const decoder = sseDecoder()
  const texts = textPlaces()
  const told = (bytes: readonly Uint8Array[]): Uint8Array[] =>
    bytes.flatMap((piece) => decoder.push(piece)).flatMap((event) => printed(event, texts))
  const step = (given: StreamStep): StreamStep => ({ ...given, bytes: told(given.bytes), tail: told(given.tail) })
  return {
    ...reader,
    push: (chunk) => step(reader.push(chunk)),
    end: () => step(reader.end()),
    fail: (error) => reader.fail(error),
    // Half of it is told already, in words that a chat does not go on from.
    interrupted: () => undefined,
    get seen() {
      return reader.seen
    },
  }
}

/** Chunks that say nothing in this API (a role, a thought) are left out. */
function printed({ data, raw }: SseEvent, texts: TextPlaces): Uint8Array[] {
  const chunk = tryParse(data)
  if (!isObject(chunk) || !Array.isArray(chunk.choices)) return [raw]
  const told = completionOf(chunk, 'delta', texts)
  const choices = listOf(told.choices).filter((choice) => says(objectOf(choice)))
  if (choices.length === 0 && !isObject(chunk.usage)) return []
  return [encodeSse(JSON.stringify({ ...told, choices }))]
}

const says = ({ text, finish_reason: finish }: JsonObject): boolean => text !== '' || typeof finish === 'string'

/** How far each choice has come: tokens are told by where they stand. */
type TextPlaces = (index: number, length: number) => number

function textPlaces(): TextPlaces {
  const lengths = new Map<number, number>()
  return (index, length) => {
    const at = lengths.get(index) ?? 0
    lengths.set(index, at + length)
    return at
  }
}

function completionOf(chat: JsonObject, where: 'message' | 'delta', texts = textPlaces()): JsonObject {
  const { id, created, model, usage, service_tier: tier } = chat
  return {
    id: (stringOf(id) ?? '').replace(/^chatcmpl-/, 'cmpl-'),
    object: 'text_completion',
    created: created ?? 0,
    model: model ?? '',
    choices: listOf(chat.choices).map((value) => {
      const choice = objectOf(value)
      const said = objectOf(choice[where])
      const text = stringOf(said.content) ?? stringOf(said.refusal) ?? ''
      const index = numberOf(choice.index) ?? 0
      const logprobs = likely(choice.logprobs ?? null, (length) => texts(index, length))
      return { text, index, logprobs, finish_reason: choice.finish_reason ?? null }
    }),
    ...(tier === undefined ? {} : { service_tier: tier }),
    ...(usage === undefined ? {} : { usage }),
  }
}

/** The same facts in the older shape: one list for each. */
function likely(logprobs: Json, place: (length: number) => number): JsonObject | null {
  const entries = listOf(objectOf(logprobs).content).map(objectOf)
  if (entries.length === 0) return null
  const tokens = entries.map(({ token }) => stringOf(token) ?? '')
  return {
    tokens,
    token_logprobs: entries.map(({ logprob }) => logprob ?? null),
    top_logprobs: entries.map(({ top_logprobs: top }) =>
      Object.fromEntries(
        listOf(top).map((one) => [stringOf(objectOf(one).token) ?? '', objectOf(one).logprob ?? null]),
      ),
    ),
    text_offset: tokens.map((token) => place(token.length)),
  }
}

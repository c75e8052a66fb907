import { sseDecoder } from '../wire/sse.ts'
import { CallError, errorIn } from './call-error.ts'
import type { Completion, CompletionChunk, CompletionRequest, EmbeddingRequest, Embeddings } from './chat-types.ts'
import type { Answer, Ask } from './in-process.ts'
import type { Pieces } from './pieces.ts'

export type CallOptions = {
  /** Instead of the gateway's own `key`: whose budgets and permissions this call is made with. */
  key?: string
  /** Breaks the call off; what the provider has sent by then is paid for. */
  signal?: AbortSignal
  /** Any header of the HTTP API: `x-litellm-tags`, `traceparent`, ... */
  headers?: Readonly<Record<string, string>>
}

/** Chunks of an answer. Leaving the loop early breaks the answer off; a cut answer throws a CallError, it never just ends. */
export type CompletionStream = AsyncIterable<CompletionChunk, undefined>

/** LiteLLM's `completion`, `acompletion` among it: a promise of the answer, or of its chunks with `stream: true`. */
export type CompletionCall = {
  (request: CompletionRequest & { stream: true }, options?: CallOptions): Promise<CompletionStream>
  (request: CompletionRequest & { stream?: false | null }, options?: CallOptions): Promise<Completion>
  (request: CompletionRequest, options?: CallOptions): Promise<Completion | CompletionStream>
}

export type Calls = {
  /** Rejects with a CallError where the API answers with an error; after the first chunk the stream throws it. */
  completion: CompletionCall
  /** LiteLLM's `embedding`. Rejects with a CallError. */
  embedding: (request: EmbeddingRequest, options?: CallOptions) => Promise<Embeddings>
}

/** The calls of the library, each a request of the HTTP API without HTTP. */
export function callsThrough(ask: Ask, ownKey: string): Calls {
  const post = async (path: string, request: object, options: CallOptions = {}): Promise<Answer> => {
    const { key = ownKey, headers, signal } = options
    const named = Object.entries(headers ?? {}).map(([name, value]): [string, string] => [name.toLowerCase(), value])
    const answer = await ask({
      method: 'POST',
      path,
      query: {},
      headers: { 'content-type': 'application/json', ...Object.fromEntries(named), authorization: `Bearer ${key}` },
      body: Buffer.from(JSON.stringify(request)),
      signal,
    })
    if (answer.status < 400) return answer
    const text = await textOf(answer)
    throw new CallError(answer.status, answer.headers, errorIn(text) ?? { message: text.slice(0, 500) })
  }
  const completion = async (request: CompletionRequest, options?: CallOptions) => {
    const answer = await post('/v1/chat/completions', request, options)
    return request.stream ? chunksOf(answer) : read<Completion>(answer)
  }
  return {
    completion: completion as CompletionCall,
    embedding: async (request, options) => read<Embeddings>(await post('/v1/embeddings', plain(request), options)),
  }
}

/** Numbers are what somebody without an SDK can read; base64 is for those who ask for it. */
const plain = (request: EmbeddingRequest): EmbeddingRequest => ({ encoding_format: 'float', ...request })

async function read<T>(answer: Answer): Promise<T> {
  const text = await textOf(answer)
  const error = errorIn(text) // of an answer whose status was sent before it was complete (`stream_recovery: hold`)
  if (error) throw new CallError(answer.status, answer.headers, error)
  return JSON.parse(text) as T
}

async function textOf({ body }: Answer): Promise<string> {
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return Buffer.from(body).toString()
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

function chunksOf(answer: Answer): CompletionStream {
  const { body } = answer
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return readChunks(body, answer)
  throw new CallError(502, answer.headers, { message: 'The answer is not the stream that was asked for.' })
}

async function* readChunks(body: Pieces, answer: Answer): AsyncGenerator<CompletionChunk, undefined> {
  const decoder = sseDecoder()
  let whole = false
  for await (const piece of body)
    for (const { data } of decoder.push(piece)) {
      if (data === '[DONE]') whole = true
      else if (data !== '') yield chunkOf(data, answer)
    }
  if (!whole) throw new CallError(answer.status, answer.headers, { message: cutWords, type: 'api_error', code: '502' })
}

const cutWords = 'The answer ended before it was complete.'

function chunkOf(data: string, { status, headers }: Answer): CompletionChunk {
  const error = data.includes('"error"') ? errorIn(data) : undefined
  if (error) throw new CallError(status, headers, error)
  return JSON.parse(data) as CompletionChunk
}

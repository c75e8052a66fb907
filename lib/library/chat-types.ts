/**
 * The chat API's shapes, as far as most code touches them. Calls take every other field of the API, too, and the types of OpenAI's
 * SDK (which are closed, hence `Open`); what an answer has beside these comes as `unknown`.
 */
type Open<T> = T | (T & { [field: string]: unknown })

export type CompletionRequest = Open<{
  /** A `model_name` of the config, or an alias. */
  model: string
  messages: readonly ChatMessage[]
  stream?: boolean | null
  /** With `include_usage` the last chunk has the usage, and its cost. */
  stream_options?: { include_usage?: boolean } | null
  max_tokens?: number | null
  max_completion_tokens?: number | null
  temperature?: number | null
  top_p?: number | null
  n?: number | null
  stop?: string | readonly string[] | null
  tools?: readonly object[]
  tool_choice?: string | object
  response_format?: object
  reasoning_effort?: string | null
  user?: string
  metadata?: object | null
}>

export type ChatMessage = Open<{
  role: string
  content?: string | readonly object[] | null
}>

export type Usage = {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  /** US$; absent where the model has no price. */
  cost?: number
  [field: string]: unknown
}

export type ToolCall = { id: string; type: 'function'; function: { name: string; arguments: string } }

export type Completion = {
  id: string
  object: 'chat.completion'
  created: number
  model: string
  choices: { index: number; finish_reason: string; message: AnswerMessage; [field: string]: unknown }[]
  usage?: Usage
  [field: string]: unknown
}

export type AnswerMessage = {
  role: 'assistant'
  content: string | null
  reasoning_content?: string
  tool_calls?: ToolCall[]
  [field: string]: unknown
}

export type CompletionChunk = {
  id: string
  object: 'chat.completion.chunk'
  created: number
  model: string
  choices: { index: number; delta: Delta; finish_reason: string | null; [field: string]: unknown }[]
  usage?: Usage | null
  [field: string]: unknown
}

export type Delta = {
  role?: string
  content?: string | null
  reasoning_content?: string
  tool_calls?: { index: number; id?: string; type?: string; function?: { name?: string; arguments?: string } }[]
  [field: string]: unknown
}

export type EmbeddingRequest = Open<{
  model: string
  input: string | readonly string[] | readonly number[] | readonly (readonly number[])[]
  dimensions?: number
}>

export type Embeddings = {
  object: 'list'
  model: string
  data: { object: 'embedding'; index: number; embedding: number[] }[]
  usage?: { prompt_tokens: number; total_tokens: number; cost?: number; [field: string]: unknown }
  [field: string]: unknown
}

import type { Failure } from './failure.ts'
import type { Json, JsonObject } from './json.ts'
import type { Passes, Usage } from './usage.ts'

/**
 * The neutral hub between two different tongues. Same-dialect traffic never becomes this: it is patched and passed.
 * A field the other tongue cannot express is reported by its name in the client's dialect, never dropped in silence.
 */
export type ChatRequest = {
  messages: ChatMessage[]
  tools: ChatTool[]
  /** Tools that are not functions of the client, as they were written: only the tongue that knows them may send them. */
  hostedTools?: JsonObject[]
  toolChoice?: 'auto' | 'none' | 'required' | { name: string }
  parallelToolCalls?: boolean
  maxTokens?: number
  temperature?: number
  topP?: number
  topK?: number
  stop?: string[]
  reasoning?: { effort?: string; budgetTokens?: number; off?: boolean; adaptive?: boolean }
  format?: { type: 'json_object' } | { type: 'json_schema'; name: string; schema: JsonObject; strict?: boolean }
  user?: string
  stream: boolean
  /** Client wants the usage event of a stream. */
  includeUsage: boolean
  /** Everything else the client sent, by its own name. */
  rest: JsonObject
  /** Wishes about the how (caching, editing of context) that no other tongue has: named as dropped, never refused. */
  advisory?: readonly string[]
}

/** Lifetime of a prompt-cache breakpoint set by the client on this block. */
export type CacheMark = { ttl?: '5m' | '1h' }

export type ChatMessage =
  | { role: 'system'; content: TextBlock[] }
  | { role: 'user'; content: UserBlock[] }
  | { role: 'assistant'; content: AssistantBlock[] }
  | { role: 'tool'; id: string; content: UserBlock[]; cache?: CacheMark }

export type TextBlock = { type: 'text'; text: string; cache?: CacheMark }
export type UserBlock =
  | TextBlock
  | {
      type: 'image'
      source: { url: string } | { mediaType: string; base64: string }
      /** OpenAI's `low`, `high` and the like: how much of it is looked at, and paid for. */
      detail?: string
      cache?: CacheMark
    }
  | {
      type: 'file'
      source: { url: string } | { mediaType: string; base64: string } | { id: string }
      name?: string
      cache?: CacheMark
    }
/** `format` names whose signature it is (`anthropic-claude-v1`): what another tongue signed must not be sent to this one. */
export type AssistantBlock =
  | TextBlock
  /** `callId`: the signature belongs to this call of the turn, not to the text. */
  | { type: 'reasoning'; text: string; signature?: string; format?: string; callId?: string }
  | { type: 'redacted'; data: string; format?: string }
  | { type: 'call'; id: string; name: string; arguments: string; cache?: CacheMark }
export type ChatTool = {
  name: string
  description?: string
  parameters?: JsonObject
  strict?: boolean
  /** The client's tool takes free text: it is sent as a function with one string `input`, and its calls are unwrapped. */
  custom?: true
  /** What that text must match, in OpenAI's words (`syntax`, `definition`), and where the client said so. */
  grammar?: { rule: JsonObject; param: string }
  cache?: CacheMark
}

/**
 * One piece of an answer, streamed or not: a whole reply is the same parts in a list. `block` numbers the provider's
 * content blocks; parts of one block share it, and stand together.
 */
export type ChatPart =
  | { type: 'start'; id?: string; model?: string }
  | { type: 'text'; block: number; text: string }
  | { type: 'refusal'; text: string }
  | { type: 'reasoning'; block: number; text: string }
  /** Of the reasoning in its block; alone in its block, of the call that follows (`callId`) or of the text before it. */
  | { type: 'signature'; block: number; signature: string; format?: string; callId?: string }
  /** `bytes`: what of it the model wrote, where that is not all. */
  | { type: 'redacted'; block: number; data: string; format?: string; bytes?: number }
  /** `custom`: its arguments are free text, not JSON. */
  | { type: 'call'; block: number; id: string; name: string; custom?: boolean }
  | { type: 'arguments'; block: number; text: string }
  /** `start_index` and `end_index` in its value, where they are given, count UTF-16 units of the answer's whole text. */
  | { type: 'citation'; block: number; value: JsonObject }
  /** A picture that the model made. */
  | { type: 'image'; block: number; mediaType: string; base64: string }
  /** Blocks with no counterpart in the hub (searches the provider ran itself): kept for provider_specific_fields. */
  | { type: 'other'; block: number; value: Json }
  /** How likely the tokens were of the text (or refusal) that follows, each as the chat API writes it. */
  | { type: 'logprobs'; tokens: JsonObject[]; of?: 'refusal' }
  /** The service tier that served it, in OpenAI's words. */
  | { type: 'tier'; tier: string }
  /** Of another choice than the first: only where several were asked for. Its `finish` ends the choice, not the answer. */
  | { type: 'choice'; index: number; part: ChatPart }
  /** The model wrote this many bytes that no client can read (sealed reasoning, arguments of the provider's own tools). */
  | { type: 'hidden'; bytes: number }
  /** `pace`: by which multipliers of the price it is counted (`Seen`). */
  | { type: 'usage'; usage: Usage; pace?: string; passes?: Passes }
  | { type: 'finish'; reason: FinishReason; native: string }
  /** `native`: the provider said that it is over, and why: what it counted until then is exact. */
  | { type: 'failure'; failure: Failure; native?: string }

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter'

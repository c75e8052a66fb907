// What each provider's own client takes, as it publishes it; generate.mjs makes JSON schemas of these.
import type { BetaThinkingConfigAdaptive } from '@anthropic-ai/sdk/resources/beta/messages'
import type { MessageCreateParams } from '@anthropic-ai/sdk/resources/messages'
import type { Content, GenerationConfig, SafetySetting, Tool, ToolConfig } from '@google/genai'
import type { V2ChatRequest } from './node_modules/cohere-ai/dist/serialization/resources/v2/client/requests/V2ChatRequest'
import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions'
import type { ResponseCreateParams } from 'openai/resources/responses/responses'

/** Left out of its newest types, because its newest models refuse it; the others take it. */
type Sampling = { temperature?: number; top_p?: number; top_k?: number }

/** Of earlier turns: behind a beta that is sent along. */
type Binding = { thinking?: MessageCreateParams['thinking'] | BetaThinkingConfigAdaptive }

export type AnthropicMessages = Omit<MessageCreateParams, 'thinking'> & Binding & Sampling

/** The body of `generateContent`: its client spreads these over one object of its own (`config`) and writes them here. */
export type GeminiGenerateContent = {
  contents: Content[]
  systemInstruction?: Content
  tools?: Tool[]
  toolConfig?: ToolConfig
  safetySettings?: SafetySetting[]
  generationConfig?: GenerationConfig
  cachedContent?: string
}

export type OpenaiChat = ChatCompletionCreateParams
export type OpenaiResponses = ResponseCreateParams
/** As its client writes it, which adds `stream` by itself. */
export type CohereChat = V2ChatRequest.Raw & { stream?: boolean }

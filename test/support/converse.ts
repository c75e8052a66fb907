import type { JsonObject } from '../../lib/core/json.ts'
import { converse } from '../../lib/dialects/converse/index.ts'
import type { Exchange, ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { callOf, exchangeOptions, hello } from './translated.ts'

const translate = translator(openai, converse)

export const claude = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'

/** A chat completion bound to a model behind Converse. */
export const converseOf = (body: JsonObject = {}, options: Partial<ExchangeOptions> = {}): Exchange =>
  translate(callOf({ ...hello, ...body }), exchangeOptions({ upstreamModel: claude, ...options }))

/** The request as it is sent upstream. */
export const sent = (body: JsonObject = {}, options: Partial<ExchangeOptions> = {}): JsonObject =>
  JSON.parse(converseOf(body, options).body) as JsonObject

export const sentTo = (upstreamModel: string, body: JsonObject = {}): JsonObject => sent(body, { upstreamModel })

import { readFileSync } from 'node:fs'
import type { JsonObject } from '../../lib/core/json.ts'
import type { ChatCall, ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { parseChatCall } from '../../lib/dialects/openai/call.ts'

export const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/openai/${name}`, import.meta.url), 'utf8')

export const options = (more: Partial<ExchangeOptions> = {}): ExchangeOptions => ({
  upstreamModel: 'gpt-4.1-nano',
  publicModel: undefined,
  params: {},
  flags: { maxTokensField: 'byModel', developerRole: true, streamUsage: true },
  maxOutputTokens: 4096,
  dropParams: false,
  additionalDropParams: [],
  dollars: () => undefined,
  requestId: 'req-1',
  now: 1_770_000_000_000,
  ...more,
})

export const call = (more: JsonObject = {}): ChatCall =>
  parseChatCall(JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'hi' }], ...more }))

export const streamCall = (more: JsonObject = {}): ChatCall =>
  call({ stream: true, stream_options: { include_usage: true }, ...more })

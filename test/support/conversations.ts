import * as fc from 'fast-check'
import type { JsonObject } from '../../lib/core/json.ts'

const text = fc.oneof(fc.constantFrom('', ' ', '\n', 'Hi', 'Ünï 🌦', '{"a":1}'), fc.string({ maxLength: 12 }))
const part = fc.oneof(
  text.map((value): JsonObject => ({ type: 'text', text: value })),
  text.map((value): JsonObject => ({ type: 'text', text: value, cache_control: { type: 'ephemeral' } })),
  fc.constant<JsonObject>({ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }),
  fc.constantFrom('a.pdf', 'ä  b.pdf', '').map((filename): JsonObject => ({
    type: 'file',
    file: { filename, file_data: 'data:application/pdf;base64,JVBERi0=' },
  })),
)
const content = fc.oneof(text, fc.array(part, { minLength: 1, maxLength: 3 }))
const id = fc.oneof(
  fc.constantFrom('a', 'b', 'call_1', 'functions.look:0', 'x'.repeat(70)),
  fc.string({ minLength: 1, maxLength: 8 }),
)
const call = fc.record({
  id,
  type: fc.constant('function'),
  function: fc.record({
    name: fc.constantFrom('look', 'mcp.server:tool', 'y'.repeat(80)),
    arguments: fc.oneof(fc.constantFrom('', '{}', 'null', '{"a":', '[1]', '{"n":1.0}'), fc.json()),
  }),
})
const reasoning = fc.constantFrom<JsonObject>(
  { type: 'reasoning.text', text: 'Hm', signature: 'c2ln', format: 'anthropic-claude-v1' },
  { type: 'reasoning.text', text: 'Hm' },
  { type: 'reasoning.encrypted', data: 'AAE=', format: 'bedrock-converse-v1' },
  { type: 'reasoning.encrypted', data: 'zzz', format: 'openai-responses-v1' },
  { type: 'reasoning.text', text: 'So', signature: 'c2Vh', format: 'google-gemini-v1' },
  { type: 'reasoning.text', text: '', signature: 'c2Vs', format: 'google-gemini-v1', id: 'call_1' },
)

const message: fc.Arbitrary<JsonObject> = fc.oneof(
  text.map((value): JsonObject => ({ role: 'system', content: value })),
  content.map((value): JsonObject => ({ role: 'user', content: value })),
  fc
    .record({
      said: fc.option(text),
      calls: fc.array(call, { maxLength: 3 }),
      thought: fc.array(reasoning, { maxLength: 2 }),
    })
    .map(({ said, calls, thought }): JsonObject => ({
      role: 'assistant',
      content: said,
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(thought.length > 0 && { reasoning_details: thought }),
    })),
  fc
    .record({ id, content })
    .map((given): JsonObject => ({ role: 'tool', tool_call_id: given.id, content: given.content })),
)

/** Messages of chat completions as clients send them, and as they should not: blank, unanswered, answered twice, out of order. */
export const conversation: fc.Arbitrary<JsonObject[]> = fc.array(message, { minLength: 1, maxLength: 8 })

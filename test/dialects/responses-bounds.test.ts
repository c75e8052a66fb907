import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { responsesBounds } from '../../lib/dialects/responses/bounds.ts'

const of = (more: JsonObject) => responsesBounds({ model: 'm', input: 'Hello', ...more })
const base = of({}).inputTokens

describe('the bound of a response', () => {
  it.each([
    [{ context_management: [{ type: 'compaction', compact_threshold: 1000 }] }, 'context_management'],
    [{ data_sources: [{ type: 'azure_search' }] }, 'data_sources'],
    [{ guardrailConfig: { guardrailIdentifier: 'g' } }, 'guardrailConfig'],
    [{ input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://youtu.be/a' }] }] }, 'input'],
  ])('is none for %j', (more: JsonObject, name) => {
    expect(of(more).unbounded).toBe(name)
  })

  it('counts a schema by all of its signs, and a document in the place of an image by its bytes', () => {
    const parameters = { enum: Array<null>(5000).fill(null) }
    const url = `data:application/pdf;base64,${'A'.repeat(400_000)}`

    expect(of({ tools: [{ type: 'function', name: 'f', parameters }] }).inputTokens - base).toBeGreaterThan(20_000)
    expect(
      of({ input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }] }).inputTokens,
    ).toBeGreaterThan(300_000)
  })

  it('counts a conversation with calls as one with tools: hosts are sent one in place of those that are missing', () => {
    const input = [
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'x' },
    ]

    expect(of({ input }).inputTokens).toBeGreaterThan(600)
  })

  it.each([
    { input: [{ type: 'function_call_output', call_id: 'c', content: '', output: 'z'.repeat(9000) }] },
    { input: [{ type: 'custom_tool_call_output', call_id: 'c', output: 'a', result: 'z'.repeat(9000) }] },
    { input: [{ role: 'user', content: [{ type: 'input_text', text: 'a' }], output: 'z'.repeat(9000) }] },
    {
      input: [
        {
          role: 'user',
          content: [{ type: 'input_file', filename: 'z'.repeat(9000), file_data: 'data:application/pdf;base64,' }],
        },
      ],
    },
    { messages: [{ role: 'user', content: 'z'.repeat(9000) }] },
    { system: 'z'.repeat(9000) },
  ])('counts what is said beside the usual place, too: %#', (more: JsonObject) => {
    expect(of(more).inputTokens).toBeGreaterThan(9000)
  })
})

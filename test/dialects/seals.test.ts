import { expect, test } from 'vitest'
import { type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import type { DialectName, ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import { lostSeals, withSeals } from '../../lib/dialects/openai/seals.ts'
import { callOf, exchangeOptions } from '../support/translated.ts'

const seal = 'Zx+/9==\u00fc'
const name = 'look'

/** An answer that thinks and calls, as each dialect that seals has it, and the model that gives it. */
const answers: Partial<Record<DialectName, { model: string; whole: JsonObject }>> = {
  anthropic: {
    model: 'claude-sonnet-4-5',
    whole: {
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: seal },
        { type: 'redacted_thinking', data: 'AAE=' },
        { type: 'tool_use', id: 'toolu_1', name, input: {} },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  },
  gemini: {
    model: 'gemini-3-pro-preview',
    whole: {
      responseId: 'r',
      candidates: [
        {
          content: { role: 'model', parts: [{ functionCall: { name, args: {} }, thoughtSignature: seal }] },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    },
  },
  converse: {
    model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    whole: {
      output: {
        message: {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Hm.', signature: seal } } },
            { toolUse: { toolUseId: 'tooluse_1', name, input: {} } },
          ],
        },
      },
      stopReason: 'tool_use',
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    },
  },
  responses: {
    model: 'gpt-5',
    whole: {
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      output: [
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: seal },
        { type: 'function_call', id: 'fc_1', call_id: 'call_1', name, arguments: '{}', status: 'completed' },
      ],
      usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
    },
  },
}

test.each(Object.entries(answers))(
  '%s gets back byte for byte what it sealed, although its client dropped it',
  async (dialect, { model, whole }) => {
    const kept = new Map<string, JsonObject[]>()
    const options: Partial<ExchangeOptions> = {
      upstreamModel: model,
      keepSeals: (id, details) => void kept.set(id, details),
    }
    const bound = (body: JsonObject) =>
      exchange({ client: 'openai', upstream: dialect as DialectName }, callOf(body), exchangeOptions(options))
    const question: JsonObject = {
      model: 'm',
      reasoning_effort: 'high',
      messages: [{ role: 'user', content: 'Look' }],
      tools: [{ type: 'function', function: { name, parameters: { type: 'object', properties: {} } } }],
    }
    const reply = (await bound(question)).whole(Buffer.from(JSON.stringify(whole)))
    const message = objectOf(
      objectOf(listOf(objectOf(JSON.parse('body' in reply ? String(reply.body) : '{}')).choices)[0]).message,
    )
    const calls = listOf(message.tool_calls)
    const next = {
      ...question,
      messages: [
        ...listOf(question.messages),
        { role: 'assistant', content: null, tool_calls: calls },
        { role: 'tool', tool_call_id: stringOf(objectOf(calls[0]).id) ?? '', content: 'done' },
      ],
    }

    const [without, sent] = [await bound(next), await bound(withSeals(next, kept))].map(({ body }) => body)

    expect(calls).toHaveLength(1)
    expect(lostSeals(next)).toEqual([...kept.keys()])
    expect(without).not.toContain(JSON.stringify(seal))
    expect(sent).toContain(JSON.stringify(seal))
  },
)

import { expect, test } from 'vitest'
import { type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import * as messages from '../../lib/dialects/anthropic/client-seals.ts'
import type { ChatCall, ClientDialect, DialectName, ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { exchange } from '../../lib/dialects/exchange.ts'
import * as chat from '../../lib/dialects/openai/seals.ts'
import * as responses from '../../lib/dialects/responses/client-seals.ts'
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

/** A client that knows words and calls alone, and drops what else there was in an answer. */
type Client = {
  question: JsonObject
  /** The question, the answer's calls, and their results. */
  next(reply: JsonObject): JsonObject
  lost(body: JsonObject): string[]
  recalled(call: ChatCall, found: ReadonlyMap<string, JsonObject[]>): ChatCall
}

const parameters = { type: 'object', properties: {} }
const user = { role: 'user', content: 'Look' }
const done = 'done'

const clients: Record<ClientDialect, Client> = {
  openai: {
    question: {
      model: 'm',
      reasoning_effort: 'high',
      messages: [user],
      tools: [{ type: 'function', function: { name, parameters } }],
    },
    next({ choices }) {
      const calls = listOf(objectOf(objectOf(listOf(choices)[0]).message).tool_calls)
      const results = calls.map((call) => ({
        role: 'tool',
        tool_call_id: stringOf(objectOf(call).id) ?? '',
        content: done,
      }))
      return {
        ...this.question,
        messages: [user, { role: 'assistant', content: null, tool_calls: calls }, ...results],
      }
    },
    lost: chat.lostSeals,
    recalled: (call, found) => ({ ...call, body: chat.withSeals(call.body, found) }),
  },
  anthropic: {
    question: {
      model: 'm',
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 2000 },
      messages: [user],
      tools: [{ name, input_schema: parameters }],
    },
    next({ content }) {
      const calls = listOf(content).filter((block) => objectOf(block).type === 'tool_use')
      const results = calls.map((call) => ({
        type: 'tool_result',
        tool_use_id: stringOf(objectOf(call).id) ?? '',
        content: done,
      }))
      return {
        ...this.question,
        messages: [user, { role: 'assistant', content: calls }, { role: 'user', content: results }],
      }
    },
    lost: messages.lostSeals,
    recalled: messages.withSeals,
  },
  responses: {
    question: {
      model: 'm',
      store: false,
      reasoning: { effort: 'high' },
      input: [{ type: 'message', ...user }],
      tools: [{ type: 'function', name, parameters }],
    },
    next({ output }) {
      const calls = listOf(output).filter((item) => objectOf(item).type === 'function_call')
      const results = calls.map((call) => ({
        type: 'function_call_output',
        call_id: stringOf(objectOf(call).call_id) ?? '',
        output: done,
      }))
      return { ...this.question, input: [{ type: 'message', ...user }, ...calls, ...results] }
    },
    lost: responses.lostSeals,
    recalled: responses.withSeals,
  },
}

const pairs = Object.entries(clients).flatMap(([client, one]) =>
  Object.entries(answers).map(([dialect, answer]) => ({ client, one, dialect, ...answer })),
)

test.each(pairs)(
  '$dialect gets back byte for byte what it sealed, once, although its $client client dropped it',
  async ({ client, one, dialect, model, whole }) => {
    const kept = new Map<string, JsonObject[]>()
    const options: Partial<ExchangeOptions> = {
      upstreamModel: model,
      keepSeals: (id, details) => void kept.set(id, details),
    }
    const bound = (call: ChatCall) =>
      exchange({ client: client as ClientDialect, upstream: dialect as DialectName }, call, exchangeOptions(options))
    const reply = (await bound(callOf(one.question))).whole(Buffer.from(JSON.stringify(whole)))
    const next = one.next(objectOf(JSON.parse('body' in reply ? String(reply.body) : '{}')))
    const recalled = one.recalled(callOf(next), kept)

    const [without, sent = ''] = [await bound(callOf(next)), await bound(recalled)].map(({ body }) => body)

    expect(kept.size).toBe(1)
    expect(one.lost(next)).toEqual([...kept.keys()])
    expect(without).not.toContain(JSON.stringify(seal))
    expect(sent.split(JSON.stringify(seal))).toHaveLength(2)
    expect(one.lost(recalled.body)).toEqual([])
  },
)

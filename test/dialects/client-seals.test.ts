import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/core/json.ts'
import { boundsOf } from '../../lib/dialects/anthropic/bounds.ts'
import * as messages from '../../lib/dialects/anthropic/client-seals.ts'
import { responsesBounds } from '../../lib/dialects/responses/bounds.ts'
import * as responses from '../../lib/dialects/responses/client-seals.ts'
import { callOf } from '../support/translated.ts'

const thought: JsonObject = {
  type: 'reasoning.text',
  text: 'Hm',
  signature: 'c2ln',
  format: 'anthropic-claude-v1',
}
const ofCall: JsonObject = { type: 'reasoning.text', text: '', signature: 'Z29v', format: 'google-gemini-v1', id: 'b' }

describe('seals that a client of the messages API has dropped', () => {
  const user: JsonObject = { role: 'user', content: 'Look' }
  const call = (id: string): JsonObject => ({ type: 'tool_use', id, name: 'look', input: {} })
  const calling = (id: string, ...before: JsonObject[]): JsonObject => ({
    role: 'assistant',
    content: [...before, call(id), call(`${id}2`)],
  })
  const result = (id: string, ...more: JsonObject[]): JsonObject => ({
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: id, content: 'done' }, ...more],
  })
  const sealed: JsonObject = { type: 'thinking', thinking: '', signature: 'c2ln' }

  test('are those of the last loop of tools, whatever is said beside the results', () => {
    const said = [
      user,
      calling('old'),
      result('old'),
      { role: 'assistant', content: 'Done.' },
      user,
      calling('a'),
      result('a', { type: 'text', text: 'Go on.' }),
      { role: 'system', content: 'Be quick.' },
      calling('purser-Yi4x'),
      result('purser-Yi4x'),
    ]

    expect(messages.lostSeals({ messages: said })).toEqual(['b.1', 'a'])
  })

  test('are those of a loop that the user speaks right behind, in a message of its own', () => {
    expect(messages.lostSeals({ messages: [user, calling('a'), result('a'), user] })).toEqual(['a'])
  })

  test.each<[string, JsonObject[]]>([
    ['that it has handed back', [user, calling('a', sealed), result('a')]],
    ['that nobody can read', [user, calling('a', { type: 'redacted_thinking', data: 'x' }), result('a')]],
    ['where no result follows', [user, calling('a')]],
    ['where the loop has ended', [user, calling('a'), result('a'), { role: 'assistant', content: 'Done.' }, user]],
    ['where nothing was called', [user, { role: 'assistant', content: 'No' }, result('a')]],
  ])('are none %s', (_, said) => {
    expect(messages.lostSeals({ messages: said })).toEqual([])
  })

  test('return in front of their answers, in the place of thoughts that lost theirs, and count as part of the prompt', () => {
    const bare = { type: 'thinking', thinking: 'Hm', signature: '' }
    const asked = callOf({ model: 'm', messages: [user, calling('a', bare), result('a'), calling('b'), result('b')] })

    const { body, text } = messages.withSeals(asked, new Map([['a', [thought, ofCall]]]))

    const called = { type: 'thinking', thinking: '', signature: 'purser:google-gemini-v1@Yg:Z29v' }
    expect(body.messages).toEqual([
      user,
      calling('a', { type: 'thinking', thinking: 'Hm', signature: 'c2ln' }, called),
      result('a'),
      calling('b'),
      result('b'),
    ])
    expect(JSON.parse(text)).toEqual(body)
    expect(boundsOf(body).inputTokens).toBeGreaterThanOrEqual(boundsOf(asked.body).inputTokens + 'c2lnZ29v'.length)
  })

  test('leave numbers in the input of calls as they were written', () => {
    const asked = callOf({ model: 'm', messages: [user, calling('a'), result('a')] })
    const exact = { ...asked, text: asked.text.replace('"input":{}', '"input":{"n":1.0,"id":12345678901234567890}') }

    expect(messages.withSeals(exact, new Map([['a', [thought]]])).text).toContain(
      '"input":{"n":1.0,"id":12345678901234567890}',
    )
  })

  test('need not be kept for a client whose last answer with calls came back sealed', () => {
    const keeping = [user, calling('a', sealed), result('a'), { role: 'assistant', content: 'Done' }, user]

    expect(messages.keepsSeals({ messages: keeping })).toBe(true)
    expect(messages.keepsSeals({ messages: [...keeping, calling('b'), result('b')] })).toBe(false)
    expect(messages.keepsSeals({ messages: [user] })).toBe(false)
  })
})

describe('seals that a client of the responses API has dropped', () => {
  const user: JsonObject = { role: 'user', content: 'Look' }
  const aside: JsonObject = { type: 'message', role: 'developer', content: 'Be quick.' }
  const text: JsonObject = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }] }
  const call = (id: string): JsonObject => ({ type: 'function_call', call_id: id, name: 'look', arguments: '{}' })
  const result = (id: string): JsonObject => ({ type: 'function_call_output', call_id: id, output: 'done' })
  const sealed: JsonObject = { type: 'reasoning', summary: [], encrypted_content: 'c2ln' }
  const bare: JsonObject = { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] }

  test('are those of the last loop of tools, by the first call of each answer', () => {
    const custom = { type: 'custom_tool_call', call_id: 'b', name: 'patch', input: 'x' }
    const output = { type: 'custom_tool_call_output', call_id: 'b', output: 'done' }
    const first = [user, call('old'), result('old'), text, user, text, call('a'), call('a2'), result('a'), result('a2')]

    expect(responses.lostSeals({ input: [...first, aside, bare, custom, output, aside] })).toEqual(['b', 'a'])
  })

  test.each<[string, JsonObject[]]>([
    ['that it has handed back', [user, sealed, text, call('a'), result('a')]],
    ['where no result follows', [user, call('a')]],
    ['where it was answered since', [user, call('a'), result('a'), text, user]],
    ['in front of a summary', [user, call('a'), result('a'), { type: 'compaction', encrypted_content: 'x' }]],
    ['where nothing was called', [user, text]],
  ])('are none %s', (_, input) => {
    expect(responses.lostSeals({ input })).toEqual([])
  })

  test('are still those of the loop where the user speaks right behind its results', () => {
    const input = [user, call('a'), result('a'), user, call('b'), result('b'), aside, user]

    expect(responses.lostSeals({ input })).toEqual(['b', 'a'])
  })

  test('are none of a conversation that is one text', () => {
    expect(responses.lostSeals({ input: 'Look' })).toEqual([])
  })

  test('return in front of their answers, in the place of thoughts that lost theirs, and count as part of the prompt', () => {
    const asked = callOf({ model: 'm', input: [user, bare, text, call('a'), result('a'), call('b'), result('b')] })
    const own = { ...thought, format: 'openai-responses-v1' }

    const { body, text: sent } = responses.withSeals(asked, new Map([['a', [own]]]))

    expect(body.input).toEqual([
      user,
      { ...bare, encrypted_content: 'c2ln' },
      text,
      call('a'),
      result('a'),
      call('b'),
      result('b'),
    ])
    expect(JSON.parse(sent)).toEqual(body)
    expect(responsesBounds(body).inputTokens).toBeGreaterThanOrEqual(
      responsesBounds(asked.body).inputTokens + 'c2ln'.length,
    )
  })

  test('of several calls return to the calls that they are of', async () => {
    const { parseInput } = await import('../../lib/dialects/responses/request-input.ts')
    const asked = callOf({ model: 'm', input: [user, call('a'), call('b'), result('a'), result('b')] })

    const { body } = responses.withSeals(asked, new Map([['a', [{ ...ofCall, id: 'a' }, ofCall]]]))

    expect(parseInput(body)[1]?.content).toMatchObject([
      { type: 'reasoning', signature: 'Z29v', format: 'google-gemini-v1', callId: 'a' },
      { type: 'reasoning', signature: 'Z29v', format: 'google-gemini-v1', callId: 'b' },
      { type: 'call', id: 'a' },
      { type: 'call', id: 'b' },
    ])
  })

  test('need not be kept for a client whose last answer with calls came back sealed', () => {
    const keeping = [user, sealed, call('a'), result('a'), text, user]

    expect(responses.keepsSeals({ input: keeping })).toBe(true)
    expect(responses.keepsSeals({ input: [...keeping, call('b'), result('b')] })).toBe(false)
    expect(responses.keepsSeals({ input: 'Look' })).toBe(false)
  })
})

import { describe, expect, test } from 'vitest'
import type { ChatPart } from '../../lib/core/chat.ts'
import type { JsonObject } from '../../lib/core/json.ts'
import { boundsOf } from '../../lib/dialects/openai/bounds.ts'
import { gatherSeals } from '../../lib/dialects/openai/gather-seals.ts'
import { lostSeals, withSeals } from '../../lib/dialects/openai/seals.ts'

const calling = (id: string, more: JsonObject = {}): JsonObject => ({
  role: 'assistant',
  content: null,
  tool_calls: ['', '-b'].map((end) => ({
    id: id + end,
    type: 'function',
    function: { name: 'look', arguments: '{}' },
  })),
  ...more,
})
const answers = (id: string): JsonObject[] =>
  ['', '-b'].map((end) => ({ role: 'tool', tool_call_id: id + end, content: 'done' }))
const user: JsonObject = { role: 'user', content: 'Look' }
const sealed: JsonObject = { type: 'reasoning.text', text: 'Hm', signature: 'c2ln', format: 'anthropic-claude-v1' }

describe('seals that a client has dropped', () => {
  test('are those of the last loop of tools, by the first call of each answer', () => {
    const messages = [
      user,
      calling('old'),
      ...answers('old'),
      { role: 'assistant', content: 'Done' },
      user,
      calling('a'),
      ...answers('a'),
      calling('b'),
      ...answers('b'),
    ]

    expect(lostSeals({ messages })).toEqual(['b', 'a'])
  })

  test('are still those of the loop where something is said right behind its results', () => {
    const messages = [user, calling('a'), ...answers('a'), user, calling('b'), ...answers('b')]

    expect(lostSeals({ messages: [...messages, { role: 'developer', content: 'Be quick' }, user] })).toEqual(['b', 'a'])
  })

  test.each<[string, JsonObject[]]>([
    ['that it has handed back', [user, calling('a', { reasoning_details: [sealed] }), ...answers('a')]],
    [
      'in blocks',
      [user, calling('a', { thinking_blocks: [{ type: 'redacted_thinking', data: 'x' }] }), ...answers('a')],
    ],
    ['where no result follows', [user, calling('a')]],
    [
      'where it was answered since',
      [user, calling('a'), ...answers('a'), { role: 'assistant', content: 'Done' }, user],
    ],
    ['where nothing was called', [user, { role: 'assistant', content: 'No' }, ...answers('a')]],
  ])('are none %s', (_, messages) => {
    expect(lostSeals({ messages })).toEqual([])
  })

  test('return to their answers, and count as part of the prompt', () => {
    const body = { messages: [user, calling('a'), ...answers('a'), calling('b'), ...answers('b')] }

    const whole = withSeals(body, new Map([['b', [sealed]]]))

    expect(whole.messages).toEqual([
      user,
      calling('a'),
      ...answers('a'),
      calling('b', { reasoning_details: [sealed] }),
      ...answers('b'),
    ])
    expect(boundsOf(whole).inputTokens).toBeGreaterThanOrEqual(boundsOf(body).inputTokens + 'Hm'.length + 'c2ln'.length)
  })
})

describe('seals of an answer', () => {
  const answer: ChatPart[] = [
    { type: 'reasoning', block: 0, text: 'Let me ' },
    { type: 'reasoning', block: 0, text: 'see.' },
    { type: 'signature', block: 0, signature: 'c2ln', format: 'anthropic-claude-v1' },
    { type: 'redacted', block: 1, data: 'AAE=', format: 'anthropic-claude-v1' },
    { type: 'signature', block: 2, signature: 'Z29v', format: 'google-gemini-v1', callId: 'a' },
    { type: 'call', block: 3, id: 'a', name: 'look' },
    { type: 'call', block: 4, id: 'b', name: 'look' },
  ]
  const gathered = (parts: readonly ChatPart[]) => {
    const kept: [string, JsonObject[]][] = []
    const filter = gatherSeals((id, details) => kept.push([id, details]))
    expect(parts.flatMap(filter)).toEqual(parts)
    return kept
  }
  const finish: ChatPart = { type: 'finish', reason: 'tool_calls', native: 'tool_use' }

  test('are told in their order as the client would have to hand them back, once the answer is complete', () => {
    expect(gathered([...answer, finish])).toEqual([
      [
        'a',
        [
          { type: 'reasoning.text', text: 'Let me see.', signature: 'c2ln', format: 'anthropic-claude-v1' },
          { type: 'reasoning.encrypted', data: 'AAE=', format: 'anthropic-claude-v1' },
          { type: 'reasoning.text', text: '', signature: 'Z29v', format: 'google-gemini-v1', id: 'a' },
        ],
      ],
    ])
  })

  test('are not told of an answer that was cut, or that called nothing', () => {
    expect(gathered(answer)).toEqual([])
    expect(gathered([...answer.slice(0, 4), finish])).toEqual([])
  })

  test('are told to be none where a call came without any', () => {
    expect(gathered([...answer.slice(-1), finish])).toEqual([['b', []]])
  })
})

import { expect, it } from 'vitest'
import { startsSlowly } from '../../lib/providers/slow-starters.ts'

it.each([
  'o3',
  'gpt-5.4-pro',
  'claude-opus-5-5',
  'claude-sonnet-5',
  'us.anthropic.claude-haiku-5-5',
  'claude-mythos-preview',
  'claude-fable-5-1',
  'gemini-3-pro-preview',
  'deepseek-reasoner',
])('%s may think for long before it says anything', (model) => expect(startsSlowly(model)).toBe(true))

it.each(['gpt-4o', 'gpt-5-chat-latest', 'claude-haiku-4-5', 'claude-opus-4-8', 'gemini-2.5-flash', 'llama-3.3-70b'])(
  '%s speaks at once unless it is asked to think',
  (model) => expect(startsSlowly(model)).toBe(false),
)

import { describe, expect, it } from 'vitest'
import { requestLine, shownPath } from '../../lib/core/request-line.ts'

describe('a path in a log', () => {
  it.each([
    ['/v1/chat/completions', '/v1/chat/completions'],
    ['/v1beta/models/gemini-2.5-flash:generateContent', '/v1beta/models/{}'],
    ['/openai/deployments/gpt-4o/chat/completions', '/openai/deployments/{}/chat/completions'],
    ['/v1/models/sk-1234567890', '/v1/models/{}'],
    ['/sk-1234567890/v1/chat', '/{}/v1/chat'],
    ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g'],
    ['/%73k-secret/../x', '/{}/{}/x'],
    ['/', '/'],
  ])('%s is %s', (path, shown) => expect(shownPath(path)).toBe(shown))
})

describe('a line about a request', () => {
  const call = { requestId: 'r', method: 'POST', path: '/v1/models', headers: {} }

  it('joins the trace of its caller', () => {
    const id = '4bf92f3577b34da6a3ce929d0e0e4736'

    expect(requestLine({ ...call, headers: { traceparent: `00-${id}-00f067aa0ba902b7-01` } }).trace_id).toBe(id)
  })

  it.each(['', 'nonsense', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `00-sk-secret-00f067aa0ba902b7-01`])(
    'has no trace of the header %j',
    (traceparent) => expect(requestLine({ ...call, headers: { traceparent } })).not.toHaveProperty('trace_id'),
  )

  it('does not repeat a method that is none', () => {
    expect(requestLine({ ...call, method: 'sk-secret' }).method).toBe('{}')
  })
})

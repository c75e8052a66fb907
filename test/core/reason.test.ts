import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../lib/core/errors.ts'
import { UpstreamTrouble } from '../../lib/core/ports.ts'
import { reasonFor } from '../../lib/core/reason.ts'

const secret = 'CANARY sk-secret'

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('the reason of an error', () => {
  it.each([
    ['JSON', () => JSON.parse(`{"a": ${secret}`)],
    ['an in operator', () => 'x' in (secret as unknown as object)],
    ['a property of a string', () => Object.defineProperty(secret, 'x', { value: 1 })],
    ['a URL', () => new URL(secret)],
    ['an argument of Node', () => Buffer.from(Symbol(secret) as unknown as string)],
  ])('says where %s went wrong, and nothing of what it was given', (_, work) => {
    const reason = reasonFor(thrownBy(work))

    expect(reason).not.toMatch(/CANARY|sk-secret/)
    expect(reason).toMatch(/^\w+Error/)
    expect(reason).toMatch(/\n {4}at .*reason\.test\.ts:\d+:\d+/)
  })

  it('does not take lines of a message for frames', () => {
    const error = new Error(`first\n    at ${secret} (file:///x.js:1:2)\nlast`)

    expect(reasonFor(error)).not.toContain('CANARY')
    expect(reasonFor(error)).toMatch(/reason\.test\.ts:\d+/)
  })

  it('shows no stack where the message was changed afterwards, for it cannot tell them apart', () => {
    const error = new Error(`${secret}\n    at x (file:///x.js:1:2)`)
    // Written down now, as the debugger and source maps do.
    const { stack } = error
    error.message = 'another word'

    expect(stack).toContain('CANARY')
    expect(reasonFor(error)).toBe('Error')
  })

  it('keeps what V8 says of code alone', () => {
    const none = undefined as unknown as { content: string }

    expect(reasonFor(thrownBy(() => none.content))).toMatch(
      /^TypeError: Cannot read properties of undefined \(reading 'content'\)\n/,
    )
  })

  it('names codes and kinds, and follows causes so far', () => {
    const refused = Object.assign(new Error(`connect ${secret}`), { code: 'ECONNREFUSED' })
    const trouble = new UpstreamTrouble('connection', secret, refused)
    const lines = reasonFor(new GatewayError('unavailable', { message: secret, cause: trouble })).split('\n')

    expect(lines[0]).toBe('GatewayError (unavailable)')
    expect(lines.filter((line) => line.startsWith('caused by'))).toEqual([
      'caused by UpstreamTrouble (connection)',
      'caused by Error (ECONNREFUSED)',
    ])
    expect(lines.join()).not.toContain('CANARY')
  })

  it('ends where an error causes itself', () => {
    const error = new Error('round')
    error.cause = error

    expect(reasonFor(error).split('caused by')).toHaveLength(4)
  })

  it('keeps our own words, and no other value', () => {
    expect(reasonFor('no provider row')).toBe('no provider row')
    expect(reasonFor({ secret })).toBe('a thrown object')
  })
})

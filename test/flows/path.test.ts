import { describe, expect, it } from 'vitest'
import { decoded, prefixOf, refuseDots } from '../../lib/flows/path.ts'

describe('a path', () => {
  it.each([
    ['/anthropic/v1/messages', 'anthropic', '/v1/messages'],
    ['/vertex_ai/v1/projects/p/x:predict', 'vertex_ai', '/v1/projects/p/x:predict'],
    ['/anthropic', '', ''],
    ['/anthropic/', '', ''],
    ['//v1/messages', '', ''],
  ])('%s is below %j, with %j behind it', (path, provider, behind) => {
    expect(prefixOf(path)).toEqual({ provider, behind })
  })

  it.each(['/v1/../admin', '/v1/%2e%2E/admin', '/v1%2f..%2fadmin', '/v1/.', '..'])(
    '%s climbs, and is refused',
    (path) => {
      expect(() => {
        refuseDots(path)
      }).toThrow(/segment of dots/)
    },
  )

  it.each(['/v1/models/gpt-4.1', '/v1/files/a..b', '/v1/...'])('%s does not climb', (path) => {
    expect(() => {
      refuseDots(path)
    }).not.toThrow()
  })

  it('that is no percent-encoded UTF-8 is refused, with what to do', () => {
    expect(decoded('meta%2Fllama')).toBe('meta/llama')
    expect(() => decoded('%ff')).toThrow(/%ff, which is not percent-encoded UTF-8. Encode it/)
  })
})

import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hashKey, hashOf, isKeyHash, maskedName, newKey } from '../../lib/steps/key-hash.ts'
import { isMaster } from '../../lib/steps/master.ts'

describe('keys', () => {
  it('are hashed with SHA-256, as FIPS 180-4 has it for "abc"', () => {
    expect(hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it('carry 256 random bits in characters that need no escaping', () => {
    expect(newKey(randomBytes)).toMatch(/^sk-[\w-]{43}$/)
    expect(newKey(randomBytes)).not.toBe(newKey(randomBytes))
    expect(newKey((n) => new Uint8Array(n).fill(255))).toBe(`sk-${'_'.repeat(42)}8`)
  })

  it('may be named by their hash in either case', () => {
    const hash = hashKey('sk-a')

    expect(hashOf('sk-a')).toBe(hash)
    expect(hashOf(hash.toUpperCase())).toBe(hash)
    expect(isKeyHash('sk-a')).toBe(false)
  })

  it('show four characters where they are long, and none where they are short', () => {
    expect(maskedName('sk-0123456789abcdef')).toBe('sk-...cdef')
    expect(maskedName('sk-1234')).toBe('sk-...')
  })
})

describe('the master key', () => {
  it('is recognised, and nothing else is', () => {
    expect(isMaster('sk-m', 'sk-m')).toBe(true)
    expect(isMaster('sk-n', 'sk-m')).toBe(false)
    expect(isMaster('sk-m2', 'sk-m')).toBe(false)
  })

  it('is nobody where none is configured', () => {
    expect(isMaster('', '')).toBe(false)
    expect(isMaster('undefined', undefined)).toBe(false)
  })
})

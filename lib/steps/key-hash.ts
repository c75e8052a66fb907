import { hash } from 'node:crypto'
import { canonicalPrincipal } from '../core/principal.ts'

/** What is stored of a key: its SHA-256 in lower-case hex, which is also LiteLLM's `token`, so that its rows can be imported. */
export const hashKey = (plain: string): string => hash('sha256', plain, 'hex')

/** True for text that is a hash already: no key that starts with `sk-` looks like one. */
export const isKeyHash = (text: string): boolean => /^[0-9a-f]{64}$/i.test(text)

/**
 * What is stored of an IAM principal that is a key. The line break makes it a hash that no header can have: a principal is
 * proven by its signature, and an ARN, which is no secret, must not open anything when it is sent as a key.
 */
export const hashPrincipal = (principal: string): string => hashKey(`\n${principal}`)

/** A key in any form the management API takes (plain, its hash, or the ARN of an IAM principal), as the hash. */
export function hashOf(key: string): string {
  if (isKeyHash(key)) return key.toLowerCase()
  const principal = canonicalPrincipal(key)
  return principal === undefined ? hashKey(key) : hashPrincipal(principal)
}

const secretBytes = 32

/** A new plain key: 256 random bits in 43 URL-safe characters. Guessing one is out of reach, so a bare hash is enough to store. */
export const newKey = (randomBytes: (n: number) => Uint8Array): string =>
  `sk-${Buffer.from(randomBytes(secretBytes)).toString('base64url')}`

/** From this length on four characters give too little away to matter. */
const longEnough = 16

/** What may be shown of a key: `sk-...` and its last four characters; of a short one, nothing. */
export const maskedName = (plain: string): string => `sk-...${plain.length >= longEnough ? plain.slice(-4) : ''}`

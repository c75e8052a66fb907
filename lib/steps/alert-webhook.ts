import { createHmac } from 'node:crypto'
import type { Notice } from '../core/notice.ts'

export type SignedPost = { headers: Record<string, string>; body: string }

/**
 * A notice as it stands, for a receiver of one's own. With a secret, `x-purser-signature` is `t=<seconds>,v1=<hex>`: the
 * HMAC-SHA256 of `<seconds>.<body>`, so that a receiver can refuse what is forged, and what is old. `x-purser-alert-id`
 * is the same for every copy.
 */
export function webhookPost(notice: Notice, secret: string | undefined, now: number): SignedPost {
  const body = JSON.stringify(notice)
  const seconds = Math.floor(now / 1000)
  const signature = secret ? { 'x-purser-signature': `t=${seconds},v1=${hmac(secret, `${seconds}.${body}`)}` } : {}
  return { headers: { 'x-purser-alert-id': headerValue(notice.id), ...signature }, body }
}

const hmac = (secret: string, text: string): string => createHmac('sha256', secret).update(text).digest('hex')

/** Header values are ASCII: an id with other letters in it (a user's, say) is percent-encoded. */
const headerValue = (id: string): string => (/^[\x20-\x7e]*$/.test(id) ? id : encodeURIComponent(id))

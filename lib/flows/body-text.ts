import { GatewayError } from '../core/errors.ts'
import type { Call } from '../core/http.ts'
import { splice } from '../wire/json-splice.ts'

/** The body with the path's model in it, where the path names one. */
export function bodyText(call: Call, model?: string): string {
  refuseEncoded(call)
  const text = Buffer.from(call.body.buffer, call.body.byteOffset, call.body.byteLength).toString('utf8')
  return model === undefined || !text.trimStart().startsWith('{') ? text : splice(text, { set: { model } })
}

/** Throws where the body is compressed: nothing here would read it. */
export function refuseEncoded({ headers }: Pick<Call, 'headers'>): void {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return
  throw new GatewayError('invalid_request', {
    message: `content-encoding ${encoding} is not supported: send the body uncompressed.`,
    param: 'content-encoding',
  })
}

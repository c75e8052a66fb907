import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'

/** By this word SDKs know that they must send the whole conversation, and do. */
export const unthreaded = { error_code: 'thread_unsupported_request', unsupported: ['thread'] }

/** A conversation that the provider keeps: elsewhere it would be answered without its past, so it is refused by name. */
export function refuseThread({ thread }: JsonObject): void {
  if (thread === undefined || thread === null) return
  const { error_code: publicCode, ...extra } = unthreaded
  throw new GatewayError('invalid_request', {
    param: 'thread',
    publicCode,
    extra,
    message:
      'thread is not supported by this model: send the whole conversation in messages, or use a model whose provider keeps threads.',
  })
}

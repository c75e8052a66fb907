import { GatewayError } from '../core/errors.ts'

/** A model's name as a path has it. Throws where that is no encoding. */
export function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    throw new GatewayError('invalid_request', {
      message: `The path names the model ${segment}, which is not percent-encoded UTF-8. Encode it, or name the model in the body.`,
      param: 'model',
      cause: error,
    })
  }
}

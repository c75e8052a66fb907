import { GatewayError } from '../core/errors.ts'

/** A path below a provider's name: whose it is, and what is behind that. Empty where there is no such prefix. */
export function prefixOf(path: string): { provider: string; behind: string } {
  const [, provider = '', behind = ''] = /^\/([^/]+)(\/.+)$/.exec(path) ?? []
  return { provider, behind }
}

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

/** A path must not climb out of the provider's own. */
export function refuseDots(path: string): void {
  if (!/(?:^|\/|%2f)(?:\.|%2e){1,2}(?:\/|%2f|$)/i.test(path)) return
  throw new GatewayError('invalid_request', {
    message: `The path ${path} has a segment of dots; write the provider's path as it is.`,
    param: 'path',
  })
}

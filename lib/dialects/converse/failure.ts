import type { Failure, FailureKind } from '../../core/failure.ts'
import { isObject, type JsonObject, numberOf, objectOf, stringOf, tryParse } from '../../core/json.ts'
import { malformed } from '../broken-reply.ts'
import { openaiFailure } from '../openai/failure.ts'

/** What an exception means, by its name without `Exception`, whatever status it came with. AWS's "Common errors", and Bedrock's. */
const kinds: Record<string, { status: number; kind?: FailureKind }> = {
  validation: { status: 400 },
  serialization: { status: 400 },
  accessdenied: { status: 403, kind: 'permission' },
  optinrequired: { status: 403, kind: 'permission' },
  unrecognizedclient: { status: 403, kind: 'auth' },
  invalidclienttokenid: { status: 403, kind: 'auth' },
  invalidsignature: { status: 403, kind: 'auth' },
  signaturedoesnotmatch: { status: 403, kind: 'auth' },
  incompletesignature: { status: 403, kind: 'auth' },
  missingauthenticationtoken: { status: 403, kind: 'auth' },
  expiredtoken: { status: 403, kind: 'auth' },
  requestexpired: { status: 403, kind: 'auth' },
  resourcenotfound: { status: 404, kind: 'not_found' },
  modeltimeout: { status: 408, kind: 'timeout' },
  modelerror: { status: 424, kind: 'server' },
  modelstreamerror: { status: 424, kind: 'server' },
  throttling: { status: 429, kind: 'rate_limit' },
  toomanyrequests: { status: 429, kind: 'rate_limit' },
  modelnotready: { status: 429, kind: 'overloaded' },
  servicequotaexceeded: { status: 400, kind: 'quota' },
  internalserver: { status: 500, kind: 'server' },
  serviceunavailable: { status: 503, kind: 'overloaded' },
}

const kindOf = (name: string) =>
  kinds[name.toLowerCase().replace(/(?:exception|error)$/, '')] ?? kinds[name.toLowerCase()]

/** Where AWS's JSON protocols name an exception in the body; the edge, which knows no such operation, wraps it. */
export const typeIn = (body: JsonObject): string | undefined =>
  stringOf(body[typeMember]) ?? stringOf(objectOf(body.Output)[typeMember])

const typeMember = '__type'

/** Validation says by words alone that a model does not exist there, or only behind an inference profile. */
const noModel = /model identifier is invalid|on-demand throughput|model id .*(?:not found|isn.t supported)/i

/**
 * Why a request was refused. AWS names the exception in a header (before its first colon) or in `__type`, and may write
 * `Message` with a capital. All else (context length, HTML from the edge, masking) is as for every host.
 */
export function awsFailure(status: number, headers: Record<string, string>, body: Uint8Array): Failure {
  const json = tryParse(Buffer.from(body.subarray(0, 65_536)).toString())
  const said = objectOf(json)
  const type = headers['x-amzn-errortype'] ?? typeIn(said) ?? ''
  const name = type.split(':')[0]?.split('#').at(-1) ?? ''
  const unsaid =
    name !== '' && (isObject(json) || body.length === 0) ? `The provider answered with ${name}.` : undefined
  const words = stringOf(said.message) ?? stringOf(said.Message) ?? unsaid
  const failure = openaiFailure(
    status,
    headers,
    words === undefined ? body : Buffer.from(JSON.stringify({ message: words })),
  )
  const requestId = headers['x-amzn-requestid']
  return {
    ...failure,
    ...finer(failure, name, words ?? ''),
    ...(requestId === undefined ? {} : { upstreamRequestId: requestId }),
  }
}

/** Context length and policy are told by words, and finer than any name. */
function finer({ kind }: Failure, name: string, words: string): { kind?: FailureKind } {
  if (kind === 'context_window' || kind === 'content_policy') return {}
  if (kind === 'bad_request' && noModel.test(words)) return { kind: 'not_found' }
  const known = kindOf(name)?.kind
  return known === undefined ? {} : { kind: known }
}

/**
 * An exception in the middle of a stream, as the event stream's decoder gives it (`{error: {type}, payload}`).
 * @param started the model had begun to write, and that is billed
 */
export function exceptionFailure(event: JsonObject, started: boolean): Failure {
  const error = objectOf(event.error)
  const name = stringOf(error.type) ?? ''
  if (name === 'malformed') return malformed(`The provider's stream is damaged: ${stringOf(error.message) ?? ''}.`)
  const said = objectOf(tryParse(stringOf(event.payload) ?? ''))
  const message = stringOf(said.message) ?? stringOf(said.originalMessage) ?? stringOf(error.message) ?? name
  const original = numberOf(said.originalStatusCode)
  const status = original !== undefined && original >= 400 ? original : (kindOf(name)?.status ?? 500)
  const headers = original === undefined ? { 'x-amzn-errortype': name } : {}
  return { ...awsFailure(status, headers, Buffer.from(JSON.stringify({ message }))), mayHaveCost: started }
}

/** True of what the decoder of event streams gives for an exception, or for a message that is damaged. */
export const isException = (event: JsonObject): boolean => event.type === 'error' && isObject(event.error)

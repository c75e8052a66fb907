import type { ChatRequest } from '../core/chat.ts'
import { GatewayError } from '../core/errors.ts'
import { type JsonObject, objectOf, roundsNumbers, tryParseExact } from '../core/json.ts'
import type { ChatCall, ExchangeOptions } from './dialect.ts'
import type { ClientTongue } from './tongue.ts'
import { unsupported } from './unsupported.ts'

/** Parameters that say the same thing: where the client sent one, the deployment's default for the other must not win. */
const synonyms: readonly (readonly string[])[] = [
  ['max_tokens', 'max_completion_tokens', 'max_output_tokens'],
  ['reasoning_effort', 'reasoning', 'thinking', 'enable_thinking'],
  ['stop', 'stop_sequences'],
  ['response_format', 'text'],
]

/** `native`: defaults of the deployment that the client's tongue does not know. `dropped`: what the client sent and nobody will see. */
type ReadRequest = { request: ChatRequest; native: JsonObject; dropped: string[] }

/**
 * The client's request in the hub, with the deployment's defaults where it says nothing. Throws `unsupported_parameter` for what
 * the host or the client's own tongue cannot say, unless that is to be dropped.
 */
export function readRequest(client: ClientTongue, call: ChatCall, options: ExchangeOptions): ReadRequest {
  const dropped: string[] = []
  const body: JsonObject = {}
  for (const [name, value] of Object.entries({ ...call.body, ...schemasOf(call, client.exact) })) {
    if (value === null) continue
    if (refused(name, options)) dropped.push(name)
    else body[name] = value
  }
  const defaults: JsonObject = {}
  for (const [name, value] of Object.entries(options.params)) {
    const same = synonyms.find((names) => names.includes(name)) ?? [name]
    if (value !== null && !same.some((other) => other in body)) defaults[name] = value
  }
  const request = client.parseRequest({ ...defaults, ...body })
  // A default is no promise of the client's: it must not ask for more than the worst case that was paid for.
  if (request.maxTokens !== undefined && !synonyms[0]?.some((name) => name in body)) {
    request.maxTokens = Math.min(request.maxTokens, options.maxOutputTokens)
  }
  leaveUntold(client, { request, defaults }, { dropParams: options.dropParams, dropped })
  const rest = Object.entries(request.rest)
  const native = Object.fromEntries(rest.filter(([name]) => name in defaults))
  const own = Object.fromEntries(rest.filter(([name]) => !(name in defaults)))
  return { request: { ...request, rest: own }, native, dropped }
}

/** A default of the deployment that no reply of this client's could answer means nothing here. */
function leaveUntold(
  { cannotTell = [] }: ClientTongue,
  { request, defaults }: { request: ChatRequest; defaults: JsonObject },
  { dropParams, dropped }: { dropParams: boolean; dropped: string[] },
): void {
  for (const name of cannotTell) {
    const value = request.rest[name]
    if (value === undefined) continue
    delete request.rest[name]
    if (name in defaults || (name === 'n' && value === 1)) continue
    if (!dropParams) throw unsupported(name, value)
    dropped.push(name)
  }
}

/** Parameters that hold JSON schemas, with their numbers as the client wrote them: nothing in them is counted here. */
function schemasOf({ text, body }: ChatCall, exactly = ['tools', 'response_format'] as readonly string[]): JsonObject {
  const names = exactly.filter((name) => name in body)
  if (names.length === 0 || !roundsNumbers(text)) return {}
  const exact = objectOf(tryParseExact(text))
  return Object.fromEntries(names.flatMap((name) => (exact[name] === undefined ? [] : [[name, exact[name]]])))
}

/** True where the parameter is to be left out; throws where it must not be. */
function refused(name: string, options: ExchangeOptions): boolean {
  if (options.additionalDropParams.includes(name)) return true
  if (!options.flags.refusedParams?.includes(name)) return false
  if (options.dropParams) return true
  throw new GatewayError('unsupported_parameter', {
    param: name,
    message: `${name} is not supported by this model's host: leave it out, or set drop_params: true.`,
  })
}

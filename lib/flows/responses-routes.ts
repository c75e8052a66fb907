import { GatewayError } from '../core/errors.ts'
import type { Call } from '../core/http.ts'
import { lazily } from '../core/lazily.ts'
import type { Handler, Route } from './route.ts'

type Stored = typeof import('./responses-stored.ts')

/** A handler of one stored response, whose id is in the path. Loaded when first called, like all of this tongue. */
const stored =
  (pick: (handlers: Stored) => Stored['showResponse']): Handler =>
  async (machine, call, caller, id = '') =>
    pick(await import('./responses-stored.ts'))({ machine, call, caller, id })

const responses = lazily(() => import('./responses.ts'))

/** Under /v1 and bare, and below OpenAI's and Azure's prefix. */
export const responsesRoutes: Route[] = [
  {
    method: 'POST',
    path: /^(?:\/openai)?(?:\/v1)?\/responses$/,
    handle: async (machine, call, caller) => (await responses()).responses(machine, call, caller),
  },
  {
    method: 'POST',
    path: /^(?:\/openai)?(?:\/v1)?\/responses\/compact$/,
    handle: async (machine, call, caller) =>
      (await import('./responses-compact.ts')).compactInput(machine, call, caller),
  },
  {
    method: 'POST',
    path: /^(?:\/openai)?(?:\/v1)?\/responses\/input_tokens$/,
    handle: async (machine, call, caller) => (await import('./responses-count.ts')).countInput(machine, call, caller),
  },
  { method: 'GET', path: /^(?:\/openai)?(?:\/v1)?\/responses\/([^/]+)$/, handle: stored((all) => all.showResponse) },
  {
    method: 'DELETE',
    path: /^(?:\/openai)?(?:\/v1)?\/responses\/([^/]+)$/,
    handle: stored((all) => all.deleteResponse),
  },
  {
    method: 'GET',
    path: /^(?:\/openai)?(?:\/v1)?\/responses\/([^/]+)\/input_items$/,
    handle: stored((all) => all.inputItemsOf),
  },
  {
    method: 'POST',
    path: /^(?:\/openai)?(?:\/v1)?\/responses\/([^/]+)\/cancel$/,
    handle: stored((all) => all.cancelResponse),
  },
]

/**
 * Agents offer to go on over a WebSocket and fall back to plain HTTP at once on 426 and on nothing else (RFC 9110, 15.5.22).
 * A door with a socket of its own refuses before this; behind a function URL the offer is a header like any other.
 */
export function refuseWebSocket({ headers }: Call): void {
  const offered = headers.upgrade?.toLowerCase() === 'websocket' || headers['sec-websocket-key'] !== undefined
  if (!offered) return
  throw new GatewayError('method_not_allowed', {
    status: 426,
    publicCode: '426',
    message: 'WebSockets are not supported; use HTTP.',
    headers: { upgrade: 'HTTP/1.1' },
  })
}

import { GatewayError } from '../core/errors.ts'
import type { Call, Reply } from '../core/http.ts'
import { lazily } from '../core/lazily.ts'
import type { Handler, Route } from './route.ts'

const messages = lazily(() => import('./messages.ts'))

/** Under /v1 and bare, and below the prefix that Anthropic's SDKs are often pointed at. What serves them is loaded when first called. */
export const messagesRoutes: Route[] = [
  {
    method: 'POST',
    path: /^(?:\/anthropic)?(?:\/v1)?\/messages$/,
    handle: async (machine, call, caller) => (await messages()).messages(machine, call, caller),
  },
  {
    method: 'POST',
    path: /^(?:\/anthropic)?(?:\/v1)?\/messages\/count_tokens$/,
    handle: async (machine, call, caller) => (await import('./messages-count.ts')).countTokens(machine, call, caller),
  },
  ...(['POST', 'GET', 'DELETE'] as const).map((method) => ({
    method,
    path: /^(?:\/anthropic)?(?:\/v1)?\/messages\/batches(?:\/.*)?$/,
    handle: refuseBatch,
  })),
]

/** A batch is billed up to a day later, when nobody holds its cost any more. */
function refuseBatch(): ReturnType<Handler> {
  throw new GatewayError('not_found', {
    message: 'Message batches are not served by this gateway: send each request to POST /v1/messages.',
  })
}

/** Whether the caller expects the shapes of the messages API: by the path, or by the header that its SDKs send with every call. */
export const speaksMessages = ({ path, headers }: Call): boolean =>
  /^(?:\/anthropic)?(?:\/v1)?\/messages(?:\/|$)/.test(path) ||
  path.startsWith('/anthropic/') ||
  (ofBoth.test(path) && headers['anthropic-version'] !== undefined)

/** Paths of Anthropic's API besides messages: some are OpenAI's, too, and those that nobody serves need a shape for saying so. */
const ofBoth = /^(?:\/v1)?\/(?:models|files|skills|agents|sessions|environments)(?:\/|$)/

/** An error as that API has it; other replies as they are. */
export async function inShapeOfMessages(reply: Reply, call: Call): Promise<Reply> {
  if (!reply.error) return reply
  const { errorReply } = await import('../dialects/anthropic/client-error.ts')
  return errorReply(reply, reply.error, call.requestId)
}

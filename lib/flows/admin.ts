import type { Config } from '../core/config.ts'
import { asGatewayError, errorBody, GatewayError } from '../core/errors.ts'
import { type Call, type Flow, jsonReply, type Reply } from '../core/http.ts'
import { isObject, type JsonObject } from '../core/json.ts'
import type { Log } from '../core/ports.ts'
import { reasonFor } from '../core/reason.ts'
import { type RequestLine, requestLine, shownPath } from '../core/request-line.ts'
import { noteCaller, noteError } from '../steps/request-facts.ts'
import { authorise } from './admin/authorise.ts'
import { unprocessable } from './admin/input.ts'
import { keyInfoReply } from './admin/key-read.ts'
import type { AdminPorts, Desk } from './admin/request.ts'
import { routeOf } from './admin/routes.ts'
import { logged } from './request-log.ts'

export type { AdminPorts } from './admin/request.ts'
export { ensureGlobal } from './admin/global.ts'
export { isAdminPath } from './admin/routes.ts'

/** A record is one item of at most 400 KB in the store: what is longer could not be kept. */
const mostBytes = 256 * 1024

/** The management API: LiteLLM's paths, fields and statuses, for the master key. */
export function adminFlow(config: Config, ports: AdminPorts): Flow {
  return async (call) => {
    const line: RequestLine = { ...requestLine(call), path: managementPath(call.path), admin_requests: 1 }
    const reply = await answer({ config, ports, line }, call).catch((error: unknown) => failed(error, line, ports.log))
    if (reply.status === 401) line.admin_denied = 1
    return logged(ports, { call, line, message: 'admin request' }, reply)
  }
}

/** A path can name a key by the key itself: what stood there is not shown. */
const managementPath = (path: string): string => {
  const found = routeOf(path)
  if (!found) return `/${shownPath(path).split('/')[1] ?? ''}/{}`
  return found.path.length > 0 ? shownPath(path).replace(/^(\/[^/]+)\/[^/]+/, '$1/{}') : shownPath(path)
}

async function answer({ config, ports, line }: Desk & { line: RequestLine }, call: Call): Promise<Reply> {
  const found = routeOf(call.path)
  if (!found)
    throw new GatewayError('not_found', { message: `Not Found: ${call.method} ${call.path} is no management path.` })
  const { route, path } = found
  if (call.method !== route.method)
    throw new GatewayError('method_not_allowed', {
      message: `${call.path} takes ${route.method}. Received: ${call.method}.`,
      headers: { allow: route.method },
    })
  const desk = { config, ports }
  const caller = await authorise(desk, call)
  noteCaller(line, caller.self ? { key: caller.self } : {})
  if (caller.self) return keyInfoReply(desk, caller.self)
  const body = route.method === 'POST' ? bodyOf(call) : {}
  return route.handle({ ...desk, call, query: call.query, body, path, by: caller.by })
}

function bodyOf(call: Call): JsonObject {
  if (call.body.byteLength > mostBytes)
    throw new GatewayError('too_large', {
      message: `The body has ${call.body.byteLength} bytes; a management call can have at most ${mostBytes}. Keep less in metadata.`,
    })
  const text = new TextDecoder().decode(call.body)
  if (text.trim() === '') return {}
  const body = parsed(text)
  if (isObject(body)) return body
  throw unprocessable([{ loc: ['body'], msg: 'Input should be a JSON object', type: 'dict_type' }])
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it cannot be parsed'
    throw new GatewayError('invalid_json', {
      message: `Invalid JSON in the request body: ${reason}`,
      param: 'request_body',
      cause: error,
    })
  }
}

/** The error envelope; a 422 also has FastAPI's `detail`, which is where LiteLLM's clients look for it. */
function failed(thrown: unknown, line: RequestLine, log: Log): Reply {
  const error = asGatewayError(thrown)
  noteError(line, error.code)
  if (error.status >= 500)
    log('error', 'a management call failed', {
      request_id: line.request_id,
      path: line.path,
      code: error.code,
      reason: reasonFor(error.cause ?? error),
    })
  const { detail, ...rest } = errorBody(error).error
  const headers = { 'x-litellm-call-id': line.request_id, ...error.detail.headers }
  return jsonReply(error.status, { error: rest, ...(detail !== undefined && { detail }) }, headers)
}

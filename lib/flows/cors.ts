import type { Config } from '../core/config.ts'
import type { Call, Reply } from '../core/http.ts'

/** Headers that let a page of an allowed origin read the reply; none where the request has no Origin. */
export function corsHeaders(config: Config, call: Call): Record<string, string> {
  const { origin } = call.headers
  const { origins } = config.cors
  if (origin === undefined || !(origins.includes('*') || origins.includes(origin))) return {}
  return {
    'access-control-allow-origin': origins.includes('*') ? '*' : origin,
    'access-control-expose-headers': '*',
    vary: 'origin',
  }
}

/** The answer to a browser's question before the request itself. It carries no credentials and needs none. */
export function preflight(call: Call, cors: Record<string, string>): Reply {
  const allowed = Object.keys(cors).length
    ? {
        'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
        'access-control-allow-headers': call.headers['access-control-request-headers'] ?? 'authorization, content-type',
        'access-control-max-age': '86400',
      }
    : {}
  return { status: 204, headers: { ...cors, ...allowed }, body: '' }
}

import type { RequestLine } from '../../lib/core/request-line.ts'
import type { Log } from '../../lib/core/ports.ts'

/** Lines that are metrics and nothing else: nobody reads them at a terminal. */
const quiet = new Set(['spend settled', 'money counted'])

/** One line for a terminal: time, level, words, and the facts as JSON. Undefined where there is nothing a person wants to see. */
export function terminalLine(now: Date, ...[level, message, fields = {}]: Parameters<Log>): string | undefined {
  if (quiet.has(message)) return undefined
  const start = `${now.toISOString().slice(11, 19)} ${level.padEnd(5)} `
  if (message !== 'request' && message !== 'admin request') {
    const facts = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : ''
    return `${start}${message}${facts}`
  }
  const line = fields as RequestLine
  // Probes and preflights that went well come many times a minute.
  const counted = line.requests !== undefined || line.admin_requests !== undefined || (line.status ?? 0) >= 400
  return counted ? start + requestWords(line) : undefined
}

/** `POST /v1/chat/completions 200 gpt-4o-mini 812 ms, first token 233 ms, $0.00012, key backend (request 5f0c...)`. */
function requestWords(line: RequestLine): string {
  const { method, path, status, error_code: error, requested_model: model, duration_ms: ms } = line
  const who = line.key_alias ?? line.key_id
  const facts = [
    [status, error, model, ms !== undefined && `${ms} ms`].filter(Boolean).join(' '),
    line.first_token_ms !== undefined && `first token ${line.first_token_ms} ms`,
    line.cost_usd !== undefined && `$${Number(line.cost_usd.toPrecision(6))}`,
    line.fallbacks !== undefined && `fallbacks ${line.fallbacks}`,
    line.outcome !== undefined && line.outcome !== 'completed' && line.outcome,
    who !== undefined && `key ${who}`,
  ].filter((fact) => typeof fact === 'string')
  return `${method} ${path} ${facts.join(', ')} (request ${line.request_id})`
}

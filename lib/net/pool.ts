import type { Dispatcher } from 'undici'
import Pool from 'undici/lib/dispatcher/pool.js'

export type { Dispatcher }

export type PoolOptions = {
  /** How long a TCP and TLS handshake may take. */
  connectTimeoutMs?: number
  /** Most connections at once; unlimited where absent. Further requests wait inside. */
  connections?: number
  /** How long an unused connection is kept. Short: what an environment froze with is likely dead. */
  keepAliveMs?: number
}

/**
 * Connections to one origin, over undici's pool alone: its index costs 30 ms of start-up more. HTTP/1.1 only, one exchange
 * per connection at a time, so that a reset or a stall ends one request and not its neighbours; nothing is ever repeated.
 */
export const pool = (origin: string, options: PoolOptions = {}): Dispatcher =>
  new Pool(origin, {
    allowH2: false,
    pipelining: 1,
    connections: options.connections ?? null,
    connect: { timeout: options.connectTimeoutMs ?? 10_000 },
    keepAliveTimeout: options.keepAliveMs ?? 4000,
    headersTimeout: 0,
    bodyTimeout: 0,
  })

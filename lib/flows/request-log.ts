import type { Call, Reply } from '../core/http.ts'
import type { Clock, Log } from '../core/ports.ts'
import type { RequestLine } from '../core/request-line.ts'

type LogPorts = { clock: Pick<Clock, 'now'>; log: Log }
type Told = { call: Pick<Call, 'receivedAt'>; line: RequestLine; message?: 'request' | 'admin request' }

/**
 * A reply that writes its line once it is over: after the last byte and after the money, so nobody waits for it, and whatever way
 * it ended is in it. Every door calls `done` once, so every request has exactly one line.
 */
export function logged({ clock, log }: LogPorts, { call, line, message = 'request' }: Told, reply: Reply): Reply {
  line.status = reply.status
  if (line.upstream_ms !== undefined) line.overhead_ms = Math.max(clock.now() - call.receivedAt - line.upstream_ms, 0)
  const done = async () => {
    line.duration_ms = clock.now() - call.receivedAt
    try {
      await reply.done?.()
    } finally {
      log(line.faults === 1 ? 'warn' : 'info', message, line)
      await reply.after?.()
    }
  }
  return { ...reply, done }
}

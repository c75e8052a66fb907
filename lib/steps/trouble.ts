import type { Failure } from '../core/failure.ts'
import type { UpstreamTrouble } from '../core/ports.ts'
import type { GivenUp } from './watchdog.ts'

/** Redirects are not followed: the credentials would travel to wherever they point. */
export const redirected: Failure = {
  kind: 'malformed',
  status: 0,
  message: 'The provider answered with a redirect, which is not followed: api_base must name where it leads.',
  mayHaveCost: false,
  retry: false,
}

/** What an attempt that failed by a fault of ours is to the caller: possibly billed, and no answer. */
export const ourFault: Failure = {
  kind: 'malformed',
  status: 0,
  message: 'The provider answered with something that is not an answer.',
  mayHaveCost: true,
}

/** What a broken connection or a deadline means: only a connection that was never made surely cost nothing. */
export function troubleFailure(trouble: UpstreamTrouble, reason: GivenUp | undefined): Failure {
  const base = { status: 0, mayHaveCost: trouble.kind !== 'connection' }
  if (reason === 'left') return { ...base, kind: 'client_left', message: 'The client has left.' }
  if (reason) return { ...base, kind: 'timeout', message: timeoutWords[reason] }
  if (trouble.kind === 'connection')
    return { ...base, kind: 'connection', message: 'The provider could not be reached.' }
  return {
    ...base,
    kind: trouble.kind === 'timeout' ? 'timeout' : 'reset',
    message: 'The connection to the provider broke before its answer was complete.',
  }
}

const timeoutWords: Record<Exclude<GivenUp, 'left'>, string> = {
  first_content: 'The provider sent no content within stream_timeout.',
  idle: 'The provider fell silent in the middle of its answer.',
  attempt: 'The provider did not answer within timeout.',
  total: 'The request did not end within its total_timeout.',
}

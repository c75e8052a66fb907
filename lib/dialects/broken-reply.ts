import type { ChatPart } from '../core/chat.ts'
import type { Failure } from '../core/failure.ts'

/** A reply whose status says that all is well, and which is no answer. It may be billed all the same. */
export const malformed = (message: string, mayHaveCost = true): Failure => ({
  kind: 'malformed',
  status: 200,
  message,
  mayHaveCost,
})

/** An answer that ended before its end, or (not `started`) before there was any of it. It may be billed all the same. */
export const cutOff = (started = true): Failure => ({
  kind: 'cut',
  status: 200,
  message: started
    ? 'The provider ended its answer before it was complete.'
    : 'The provider ended its stream without an answer.',
  mayHaveCost: true,
})

/** Either of them, or an error that the provider tells, in the place of an answer's parts. */
export const failed = (failure: Failure): ChatPart => ({ type: 'failure', failure })

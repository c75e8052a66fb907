import type { UpstreamTongue } from '../tongue.ts'
import { openaiFailure } from './failure.ts'
import { parseReply } from './upstream-reply.ts'
import { printRequest } from './upstream-request.ts'
import { streamParser } from './upstream-stream.ts'

/** What hosts of the chat completions API speak, for clients that speak something else. */
export const openaiUpstream: UpstreamTongue = {
  audio: true,
  // An image may stand by its address at most hosts; a file has no place for one.
  needsBytes: ({ type }, { flags }) => type === 'file' || flags.imageBytes === true,
  printRequest,
  parseReply,
  streamParser,
  failure: openaiFailure,
}

import { openaiFailure } from '../openai/failure.ts'
import type { UpstreamTongue } from '../tongue.ts'
import { parseReply } from './upstream-reply.ts'
import { printRequest } from './upstream-request.ts'
import { streamParser } from './upstream-stream.ts'

/** What hosts of the responses API speak, for clients that speak something else. */
export const responsesUpstream: UpstreamTongue = {
  grammars: true,
  printRequest,
  parseReply,
  streamParser,
  failure: openaiFailure,
}

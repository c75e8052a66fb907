import type { UpstreamTongue } from '../tongue.ts'
import { awsFailure } from './failure.ts'
import { parseReply } from './reply.ts'
import { printRequest } from './request.ts'
import { streamParser } from './stream.ts'

/** What Bedrock's Converse API speaks, for every family of models behind it. */
export const converse: UpstreamTongue = {
  framing: 'eventstream',
  needsBytes: () => true,
  printRequest,
  parseReply,
  streamParser,
  failure: awsFailure,
}

import type { UpstreamTongue } from '../tongue.ts'
import { anthropicFailure } from './failure.ts'
import { parseReply } from './reply.ts'
import { printRequest } from './request.ts'
import { streamParser } from './stream.ts'

/** What providers of the messages API speak. */
export const anthropic: UpstreamTongue = { printRequest, parseReply, streamParser, failure: anthropicFailure }

import { openaiFailure } from '../openai/failure.ts'
import type { UpstreamTongue } from '../tongue.ts'
import { parseReply } from './reply.ts'
import { printRequest } from './request.ts'
import { streamParser } from './stream.ts'

/** What Cohere's chat API, version 2, speaks. Its errors are flat objects with a message, which every host's reader knows. */
export const cohere: UpstreamTongue = { printRequest, parseReply, streamParser, failure: openaiFailure }

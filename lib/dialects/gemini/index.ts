import type { UpstreamTongue } from '../tongue.ts'
import { geminiFailure } from './failure.ts'
import { parseReply } from './reply.ts'
import { printRequest } from './request.ts'
import { streamParser } from './stream.ts'

/** What Google's models speak (`generateContent`), on AI Studio and on Vertex. Model and streaming are told by the URL. */
export const gemini: UpstreamTongue = { audio: true, printRequest, parseReply, streamParser, failure: geminiFailure }

import type { UpstreamTongue } from '../tongue.ts'
import { geminiFailure } from './failure.ts'
import { traitsOf } from './models.ts'
import { readsFrom } from './parts.ts'
import { parseReply } from './reply.ts'
import { printRequest } from './request.ts'
import { streamParser } from './stream.ts'

/** What Google's models speak (`generateContent`), on AI Studio and on Vertex. Model and streaming are told by the URL. */
export const gemini: UpstreamTongue = {
  audio: true,
  needsBytes: ({ source }, { baseModel, upstreamModel }) =>
    !readsFrom(source.url, traitsOf(baseModel ?? upstreamModel)),
  printRequest,
  parseReply,
  streamParser,
  failure: geminiFailure,
}

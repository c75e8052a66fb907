import type { Json } from '../../core/json.ts'
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
  // It has no limits to places of the web, and its older models search or call, never both.
  searches: ({ tool, request, options: { baseModel, upstreamModel } }) =>
    !['filters', 'allowed_domains', 'blocked_domains'].some((limit) => isLimit(tool[limit])) &&
    (request.tools.length === 0 || traitsOf(baseModel ?? upstreamModel).mixedTools),
  printRequest,
  parseReply,
  streamParser,
  failure: geminiFailure,
}

const isLimit = (value: Json | undefined): boolean => value !== undefined && value !== null

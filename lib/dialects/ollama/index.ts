import { openaiFailure } from '../openai/failure.ts'
import type { UpstreamTongue } from '../tongue.ts'
import { parseReply } from './reply.ts'
import { printRequest } from './request.ts'
import { streamParser } from './stream.ts'

/** Ollama's own chat API: the one that takes `num_ctx`, `keep_alive` and `think`. One JSON document a line. */
export const ollama: UpstreamTongue = {
  framing: 'ndjson',
  needsBytes: ({ type }) => type === 'image',
  printRequest,
  parseReply,
  streamParser,
  failure: openaiFailure,
}

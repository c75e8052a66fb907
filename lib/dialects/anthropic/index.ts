import type { UpstreamTongue } from '../tongue.ts'
import { anthropicFailure } from './failure.ts'
import { parseReply } from './reply.ts'
import { printRequest } from './request.ts'
import { streamParser } from './stream.ts'

/** What providers of the messages API speak. */
export const anthropic: UpstreamTongue = {
  // In the envelope of a cloud it reads no addresses (Anthropic's page on vision).
  needsBytes: (_, { flags }) => flags.anthropicVersion !== undefined,
  searches: ({ options: { flags } }) => !flags.invokeModel,
  printRequest,
  parseReply,
  streamParser,
  failure: anthropicFailure,
}

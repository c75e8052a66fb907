import { encodeSse } from '../../wire/sse.ts'
import type { ClientTongue } from '../tongue.ts'
import { printStreamError } from './client-error.ts'
import { printReply } from './client-reply.ts'
import { parseRequest } from './client-request.ts'
import { streamPrinter } from './client-stream.ts'
import { estimateTokens } from './estimate.ts'

/** What clients of the messages API speak: Anthropic's SDKs, Claude Code. */
export const anthropicClient: ClientTongue = {
  idPrefix: 'msg_',
  parseRequest,
  cannotTell: ['n', 'best_of', 'logprobs', 'top_logprobs', 'audio'],
  callsAreJson: true,
  // The input of earlier calls is an object here, and text everywhere else.
  exact: ['messages', 'tools', 'output_config', 'output_format'],
  printReply,
  streamPrinter,
  printError: printStreamError,
  beat: encodeSse('{"type":"ping"}', 'ping'),
  estimate: estimateTokens,
}

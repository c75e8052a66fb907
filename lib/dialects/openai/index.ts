import type { ClientTongue } from '../tongue.ts'
import { printReply } from './reply.ts'
import { parseChatRequest } from './request.ts'
import { printStreamError, streamPrinter } from './stream.ts'

/** What clients of the chat completions API speak. */
export const openai: ClientTongue = {
  idPrefix: 'chatcmpl-',
  parseRequest: parseChatRequest,
  printReply,
  streamPrinter,
  printError: printStreamError,
}

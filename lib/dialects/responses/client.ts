import { emptyResponse } from './response.ts'
import type { ClientTongue } from '../tongue.ts'
import { printReply } from './client-reply.ts'
import { eventWriter, streamPrinter } from './client-stream.ts'
import { parseRequest } from './request.ts'

/** What clients of the responses API speak. */
export const responsesClient: ClientTongue = {
  idPrefix: 'resp_',
  parseRequest,
  cannotTell: ['n', 'best_of', 'audio'],
  exact: ['tools', 'text'],
  printReply,
  streamPrinter,
  printError: (error) => {
    const nobody = { id: 'resp_', created: 0, model: '', includeUsage: true, dollars: () => undefined }
    return eventWriter().failed(error, (words) => ({ ...emptyResponse(nobody, '', 'failed'), error: words }))
  },
}

import { errorBody, type GatewayError } from '../../core/errors.ts'
import type { Failure } from '../../core/failure.ts'
import { encodeSse } from '../../wire/sse.ts'
import type { Seen, StreamReader, StreamStep } from '../dialect.ts'
import { chunksOfReply } from './pass-synthetic.ts'
import { malformed } from '../broken-reply.ts'
import { type ReadOptions, readWhole } from './pass-whole.ts'

/** Nothing to send on, and nothing known of the end. */
export const emptyStep = (): StreamStep => ({ bytes: [], content: false, tail: [], finished: false })

/** An error in mid-stream. Nothing follows it: `[DONE]` would look like the end of an answer. */
export const printFailure = (error: GatewayError): Uint8Array => encodeSse(JSON.stringify(errorBody(error)))

/** A JSON reply to a stream request is held until it is complete; a chat answer is far smaller. */
const limitBytes = 32 * 1024 * 1024

/**
 * A stream was asked for and plain JSON came: an error with status 200, or the whole answer at once (proxies, caches). It can
 * be told only when it is complete; an answer becomes the chunks that would have been.
 */
export function passJson(options: ReadOptions, includeUsage: boolean): StreamReader {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let seen: Seen = { contentBytes: 0, contentEvents: 0 }
  return {
    push(chunk) {
      heldBytes += chunk.length
      if (heldBytes > limitBytes) {
        held = []
        return failed(malformed('The reply is too large.', true))
      }
      held.push(chunk)
      return emptyStep()
    },
    end() {
      const reply = readWhole(Buffer.concat(held), options)
      if ('failure' in reply) return failed(reply.failure)
      seen = reply.seen
      const { bytes, tail } = chunksOfReply(reply.body, includeUsage)
      return { bytes, content: true, tail, finished: true }
    },
    fail: printFailure,
    get seen() {
      return seen
    },
  }
}

const failed = (failure: Failure): StreamStep => ({ ...emptyStep(), failure })

import { errorBody } from '../../core/errors.ts'
import { objectOf, tryParseExact } from '../../core/json.ts'
import type { ExchangeOptions, Seen, StreamReader } from '../dialect.ts'
import { emptyStep } from '../openai/pass-json.ts'
import { nothingSeen } from '../seen.ts'
import { printStreamError } from './client-error.ts'
import { streamPrinter } from './client-stream.ts'
import { malformed } from '../broken-reply.ts'
import { readWhole } from './pass-whole.ts'
import { parseReply } from './reply.ts'

/** A message is held until it is complete; an answer is far smaller. */
const limitBytes = 32 * 1024 * 1024

/**
 * A stream was asked for and plain JSON came: an error with status 200, or the whole message at once. It can be told only when it
 * is complete; a message becomes the events that would have been.
 */
export function passWholeAsStream(options: ExchangeOptions): StreamReader {
  const held: Uint8Array[] = []
  let heldBytes = 0
  let seen: Seen = nothingSeen()
  return {
    push(chunk) {
      heldBytes += chunk.length
      if (heldBytes > limitBytes) {
        held.length = 0
        return { ...emptyStep(), failure: malformed('The reply is too large.') }
      }
      held.push(chunk)
      return emptyStep()
    },
    end() {
      const bytes = Buffer.concat(held)
      const reply = readWhole(bytes, options)
      if ('failure' in reply) return { ...emptyStep(), failure: reply.failure }
      seen = reply.seen
      const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
      return printed(text, { ...options, dollars: (usage) => options.dollars(usage, seen) })
    },
    fail: (error) => printStreamError(errorBody(error), options.requestId),
    get seen() {
      return seen
    },
  }
}

function printed(text: string, { requestId, now, publicModel, dollars }: ExchangeOptions) {
  const message = objectOf(tryParseExact(text))
  const id = typeof message.id === 'string' ? message.id : `msg_${requestId}`
  const meta = { id, created: Math.floor(now / 1000), model: publicModel, includeUsage: true, dollars }
  const printer = streamPrinter(meta)
  const step = { ...emptyStep(), content: true, finished: true }
  for (const part of parseReply(message)) {
    if (part.type === 'finish') {
      const { bytes, tail } = printer.finish(part)
      step.bytes.push(...bytes)
      step.tail.push(...tail)
    } else step.bytes.push(...printer.print(part).bytes)
  }
  return step
}

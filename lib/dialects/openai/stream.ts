import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { encodeSse } from '../../wire/sse.ts'
import type { ReplyMeta, StreamPrinter } from '../tongue.ts'
import { deltaPrinter } from './deltas.ts'
import { printUsage } from './usage.ts'

/**
 * Parts to `chat.completion.chunk` events. The role comes once, with the first piece of the answer; the finish waits for
 * the end of the stream, because usage may follow it and late calls change it.
 */
export function streamPrinter(meta: ReplyMeta): StreamPrinter {
  const deltas = deltaPrinter()
  let model = meta.model
  let usage: Usage | undefined
  let roleSent = meta.resumed !== undefined

  let head: string | undefined
  // Written once: a stream has thousands of chunks that differ in what follows alone.
  const headOf = (): string =>
    `{"id":${JSON.stringify(meta.id)},"object":"chat.completion.chunk","created":${meta.created},"model":${JSON.stringify(model ?? '')},"choices":`
  const chunk = (choices: JsonObject[], rest = ''): Uint8Array => {
    head ??= headOf()
    return encodeSse(`${head}${JSON.stringify(choices)}${rest}}`)
  }
  const printed = (of: JsonObject[]): Uint8Array[] => {
    const bytes = of.map((delta) => chunk([choice(delta)]))
    if (bytes.length > 0 && !roleSent) bytes.unshift(role())
    return bytes
  }
  const role = (): Uint8Array => {
    roleSent = true
    return chunk([choice({ role: 'assistant', content: '' })])
  }

  return {
    print(part) {
      if (part.type === 'start') model ??= part.model
      if (part.type === 'usage') usage = part.usage
      const bytes = printed(deltas.print(part))
      return { bytes, content: bytes.length > 0 }
    },
    finish(part) {
      const end = deltas.finish(part)
      const bytes = printed(end.deltas)
      if (!roleSent) bytes.push(role())
      const native = { provider_specific_fields: { native_finish_reason: part.native } }
      const tail = [chunk([choice(native, end.reason)])]
      if (meta.includeUsage && usage)
        tail.push(chunk([], `,"usage":${JSON.stringify(printUsage(usage, meta.dollars))}`))
      tail.push(encodeSse('[DONE]'))
      return { bytes, tail }
    },
  }
}

/** An in-band error. No `[DONE]` follows and no finish reason: clients throw on it, and none can take it for an end. */
export const printStreamError = (error: { error: Record<string, unknown> }): Uint8Array =>
  encodeSse(JSON.stringify(error))

const choice = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  index: 0,
  delta,
  finish_reason: finish,
})

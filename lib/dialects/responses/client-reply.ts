import type { ChatPart } from '../../core/chat.ts'
import type { ReplyMeta } from '../tongue.ts'
import { endOf, responseOf } from './client-stream.ts'
import { outputPrinter } from './output.ts'

/** A whole response from the parts of a reply: the items that a stream would have told. */
export function printReply(parts: readonly ChatPart[], meta: ReplyMeta): string {
  const output = outputPrinter(meta.id, meta.request ?? {})
  const response = responseOf(meta)
  let end: ReturnType<typeof endOf> = { status: 'completed', details: null }
  for (const part of parts) {
    response.note(part)
    output.print(part)
    if (part.type === 'finish') end = endOf(part)
  }
  output.close(end.status)
  return JSON.stringify(response.with(end.status, [...output.items], { incomplete_details: end.details }))
}

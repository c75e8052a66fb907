import type { Call, Reply } from '../core/http.ts'
import { providerOf } from '../providers/rows.ts'
import { inShapeOfMessages, speaksMessages } from './messages-routes.ts'
import { prefixOf } from './path.ts'

/** An error as callers of the path expect it, wherever it was found; other replies as they are. */
export async function inShapeOfPath(reply: Reply, call: Call): Promise<Reply> {
  if (!reply.error) return reply
  if (speaksMessages(call)) return inShapeOfMessages(reply, call)
  // Chat completions, all else of OpenAI's, and the gateway's own paths have no such prefix.
  const dialect = providerOf(prefixOf(call.path).provider)?.dialect
  if (!dialect) return reply
  return (await import('../dialects/pass/error-shape.ts')).inShapeOf(dialect, reply, reply.error)
}

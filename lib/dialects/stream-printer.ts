import type { ChatPart } from '../core/chat.ts'

/** Prints the parts of one stream in a client's tongue. Stateful: one per reply. */
export type StreamPrinter = {
  /** For any part but `finish` and `failure`. `content`: the bytes hold a piece of the answer. */
  print(part: ChatPart): { bytes: Uint8Array[]; content: boolean }
  /** The end of a complete answer: what still belongs to it, and what follows it. */
  finish(part: ChatPart & { type: 'finish' }): { bytes: Uint8Array[]; tail: Uint8Array[] }
  /** An in-band error that goes on where the stream stands; absent: the tongue's own error event says enough. */
  fail?(error: { error: Record<string, unknown> }): Uint8Array
}

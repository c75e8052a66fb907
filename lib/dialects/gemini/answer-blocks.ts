import type { ChatPart } from '../../core/chat.ts'
import { type JsonObject, stringOf } from '../../core/json.ts'
import { signatureFormat } from './signatures.ts'

export type Blocks = {
  /** A block of its own. */
  next: () => number
  /** The block that text, or thought, goes on in. */
  within(kind: 'text' | 'reasoning'): number
  /** The part's signature in a block of its own. */
  sealed(part: JsonObject, callId?: string): ChatPart[]
}

/** Numbers the blocks of an answer: pieces of one text share a block until something else comes between them. */
export function blockNumbers(): Blocks {
  let block = -1
  let kind: 'text' | 'reasoning' | undefined
  const next = (): number => {
    kind = undefined
    return ++block
  }
  return {
    next,
    within(wanted) {
      if (kind !== wanted) next()
      kind = wanted
      return block
    },
    sealed(part, callId) {
      const signature = stringOf(part.thoughtSignature)
      if (!signature) return []
      const of = callId === undefined ? {} : { callId }
      return [{ type: 'signature', block: next(), signature, format: signatureFormat, ...of }]
    },
  }
}

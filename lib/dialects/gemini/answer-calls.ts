import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import type { Blocks } from './answer-blocks.ts'
import { malformed } from '../broken-reply.ts'
import { partialArguments, type PartialArguments } from './partial-args.ts'

export type CallReader = {
  read(part: JsonObject): ChatPart[]
  /** Ends the call that is open: the last chunk of its arguments may leave out to say so. */
  close(): ChatPart[]
}

/**
 * Calls, whole or in pieces: a name first, then arguments by their places, then an empty `functionCall`, or one that does not go
 * on (`willContinue`). Arguments come out once they are known whole; until then what was written is counted.
 */
export function callReader(blocks: Blocks, idOf: (nth: number) => string): CallReader {
  let calls = 0
  let open: { block: number; id: string; args: PartialArguments } | undefined
  /** Of the open call, where it comes late: nothing may stand between a call and its arguments. */
  let late: ChatPart[] = []

  const close = (): ChatPart[] => {
    if (!open) return []
    const { block, args } = open
    const sealed = late
    open = undefined
    late = []
    return [{ type: 'arguments', block, text: JSON.stringify(args.value) }, ...sealed]
  }
  const begin = (part: JsonObject, name: string, called: JsonObject): ChatPart[] => {
    const id = stringOf(called.id) || idOf(calls)
    calls += 1
    const before = [...close(), ...blocks.sealed(part, id)]
    const block = blocks.next()
    const begun: ChatPart[] = [...before, { type: 'call', block, id, name }]
    if (isObject(called.args)) return [...begun, { type: 'arguments', block, text: JSON.stringify(called.args) }]
    open = { block, id, args: partialArguments() }
    return [...begun, ...more(called)]
  }
  /** The next piece of the open call's arguments. */
  const more = (called: JsonObject): ChatPart[] => {
    const pieces = listOf(called.partialArgs).map(objectOf)
    if (!open) return pieces.length === 0 ? [] : [failed('The provider sent arguments of a call it had not begun.')]
    for (const piece of pieces)
      if (!open.args.add(piece)) return [failed('The provider sent arguments that cannot be put together.')]
    const written = pieces.length === 0 ? [] : [writtenBy(pieces)]
    return called.willContinue === true ? written : [...written, ...close()]
  }
  return {
    close,
    read(part) {
      const called = objectOf(part.functionCall)
      const name = stringOf(called.name)
      if (name) return begin(part, name, called)
      late.push(...blocks.sealed(part, open?.id))
      const parts = more(called)
      return open ? parts : [...parts, ...late.splice(0)]
    },
  }
}

/** Should the stream be cut before the arguments are whole, this much was billed. */
const writtenBy = (pieces: readonly JsonObject[]): ChatPart => ({
  type: 'hidden',
  bytes: Buffer.byteLength(pieces.map((piece) => stringOf(piece.stringValue) ?? '0').join('')),
})

const failed = (message: string): ChatPart => ({ type: 'failure', failure: malformed(message) })

import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, objectOf, stringOf } from '../../core/json.ts'
import { blockNumbers } from './answer-blocks.ts'
import { callReader } from './answer-calls.ts'
import type { Written } from './finish.ts'
import { isOwnPart, sealedPart } from './own-parts.ts'
import { signatureFormat } from './signatures.ts'

export type PartReader = {
  read(part: JsonObject): ChatPart[]
  /** Ends what is open. */
  close(): ChatPart[]
  /** The answer's text so far, for citations that name places in it. */
  text(): string
  nextBlock: () => number
  readonly written: Written
}

const ran = ({ executableCode, codeExecutionResult }: JsonObject): boolean =>
  isObject(executableCode) || isObject(codeExecutionResult)

/**
 * Parts of a candidate's content to parts of the hub. A signature that does not belong to a thought gets a block to itself,
 * before the call that it is of or behind the text that it is of.
 * @param idOf calls have no ids on most hosts: what the nth is to be called
 */
export function partReader(idOf: (nth: number) => string): PartReader {
  const written: Written = { anything: false, calls: false }
  const blocks = blockNumbers()
  const calls = callReader(blocks, idOf)
  let text = ''

  const thought = (part: JsonObject): ChatPart[] => {
    const words = stringOf(part.text) ?? ''
    const signature = stringOf(part.thoughtSignature)
    if (words === '') return blocks.sealed(part)
    const block = blocks.within('reasoning')
    const said: ChatPart = { type: 'reasoning', block, text: words }
    return signature ? [said, { type: 'signature', block, signature, format: signatureFormat }] : [said]
  }
  const words = (part: JsonObject, piece: string): ChatPart[] => {
    if (piece === '') return blocks.sealed(part)
    written.anything = true
    text += piece
    return [{ type: 'text', block: blocks.within('text'), text: piece }, ...blocks.sealed(part)]
  }
  const other = (part: JsonObject): ChatPart[] => {
    written.anything = true
    const { mimeType, data } = objectOf(part.inlineData)
    if (typeof mimeType === 'string' && mimeType.startsWith('image/') && typeof data === 'string') {
      return [{ type: 'image', block: blocks.next(), mediaType: mimeType, base64: data }, ...blocks.sealed(part)]
    }
    const code = stringOf(objectOf(part.executableCode).code)
    const { thoughtSignature: _, ...value } = part
    return [
      ...(code ? [{ type: 'hidden', bytes: Buffer.byteLength(code) } as const] : []),
      { type: 'other', block: blocks.next(), value },
      ...(isOwnPart(part) ? [sealedPart(blocks.next(), part)] : blocks.sealed(part)),
    ]
  }
  const read = (part: JsonObject): ChatPart[] => {
    if (isObject(part.functionCall)) {
      written.anything = written.calls = true
      return calls.read(part)
    }
    const parts = content(part)
    return parts.length === 0 ? [] : [...calls.close(), ...parts]
  }
  const content = (part: JsonObject): ChatPart[] => {
    // Code that was run while thinking is told like all that the provider ran; pictures of thoughts are no part of the answer.
    if (part.thought === true && !ran(part)) return thought(part)
    const piece = stringOf(part.text)
    if (piece !== undefined) return words(part, piece)
    const bare = Object.keys(part).every((name) => name === 'thoughtSignature')
    return bare ? blocks.sealed(part) : other(part)
  }
  return {
    read,
    close: () => calls.close(),
    text: () => text,
    nextBlock: blocks.next,
    written,
  }
}

import type { AssistantBlock } from '../../core/chat.ts'
import { isObject, type JsonObject, tryParseExact } from '../../core/json.ts'
import { openedPart } from './own-parts.ts'
import { anySignature, signatureFormat } from './signatures.ts'

export type Call = AssistantBlock & { type: 'call' }

/** How calls are told: under which name, and with which id, where the host takes any. */
export type CallPrinter = { name(call: Call): string; id(call: Call): string | undefined }

/** `ownParts`: parts of tools that Google ran may stand in this conversation. */
type Options = { calls: CallPrinter; signedCalls: boolean; ownParts: boolean }

/**
 * A turn of the model. Signatures return to the parts that they came with: to the call that they name, else to the first call,
 * else to the last text. Thoughts that nobody signed, or another provider did, are left out.
 */
export function printModelTurn(
  content: readonly AssistantBlock[],
  { calls, signedCalls, ownParts }: Options,
): JsonObject[] {
  const loose: string[] = []
  const byCall = new Map<string, string>()
  const parts: { part: JsonObject; kind: 'thought' | 'text' | 'call' | 'own'; id?: string }[] = []
  for (const block of content) {
    switch (block.type) {
      case 'text':
        parts.push({ part: { text: block.text }, kind: 'text' })
        break
      case 'call': {
        const id = calls.id(block)
        const called = { ...(id === undefined ? {} : { id }), name: calls.name(block), args: objectOf(block.arguments) }
        parts.push({ part: { functionCall: called }, kind: 'call', id: block.id })
        break
      }
      case 'redacted': {
        const own = openedPart(block)
        if (own && ownParts) parts.push({ part: own, kind: 'own' })
        if (block.format === signatureFormat) loose.push(block.data)
        break
      }
      case 'reasoning': {
        const signature = block.format === signatureFormat ? block.signature : undefined
        if (!signature) break
        if (block.callId !== undefined) byCall.set(block.callId, signature)
        else if (block.text === '') loose.push(signature)
        else parts.push({ part: { text: block.text, thought: true, thoughtSignature: signature }, kind: 'thought' })
        break
      }
    }
  }
  const called = parts.filter(({ kind }) => kind === 'call')
  for (const { part, id } of called) {
    const signature = byCall.get(id ?? '')
    if (signature !== undefined) part.thoughtSignature = signature
  }
  const unsigned = called.length > 0 && !called.some(({ part }) => 'thoughtSignature' in part)
  if (unsigned && called[0]) {
    const signature = loose.pop() ?? (signedCalls ? anySignature : undefined)
    if (signature !== undefined) called[0].part.thoughtSignature = signature
  }
  for (const { part } of parts.filter(({ kind }) => kind === 'text').toReversed()) {
    const signature = loose.pop()
    if (signature !== undefined) part.thoughtSignature = signature
  }
  return parts.map(({ part }) => part)
}

/**
 * A signature that stands right before a call is that call's: clients of other tongues keep the order of blocks, and not the
 * field that names it. Before anything is put in another order.
 */
export const withCallIds = (content: readonly AssistantBlock[]): AssistantBlock[] =>
  content.map((block, at) => {
    const next = content[at + 1]
    const sealedAlone = block.type === 'reasoning' && block.text === '' && block.callId === undefined
    return sealedAlone && next?.type === 'call' ? { ...block, callId: next.id } : block
  })

/** An object, whatever the model once wrote: what is none is wrapped, because refusing it would end the conversation. */
function objectOf(text: string): JsonObject {
  const parsed = text.trim() === '' ? {} : tryParseExact(text)
  if (parsed === null) return {}
  return isObject(parsed) ? parsed : { rawInvalidInput: text }
}

import type { ChatPart, ChatRequest } from '../core/chat.ts'
import { plusUsage } from '../core/usage.ts'
import { malformed } from './broken-reply.ts'
import type { ExchangeOptions, Interrupted } from './dialect.ts'
import type { StreamPrinter } from './stream-printer.ts'
import type { PartFilter } from './tongue.ts'

type After = NonNullable<ExchangeOptions['after']>

/**
 * The request with the sent part of its answer as the beginning of the assistant's turn. White space at its end is left out: some
 * hosts refuse it, and models go on better without; the seam takes it out of what comes back.
 */
export function prefilled(request: ChatRequest, { text }: Interrupted): ChatRequest {
  const before = [...request.messages]
  const last = before.at(-1)
  const content = last?.role === 'assistant' ? last.content : []
  if (last?.role === 'assistant') before.pop()
  const tail = content.at(-1)
  // The client's own beginning and ours are one text: between two blocks a host might put a line break.
  const joined = tail?.type === 'text' ? tail.text + text : text
  const kept = tail?.type === 'text' ? content.slice(0, -1) : content
  const blocks = [...kept, { type: 'text' as const, text: joined.trimEnd() }]
  return { ...request, messages: [...before, { role: 'assistant', content: blocks }] }
}

/** So much of the beginning is looked at to tell an answer that goes on from one that starts anew. */
const guardChars = 24

/**
 * Parts of the rest of an answer, as they follow what the client has: without a new start, in the block that is open, with the
 * usage of both. A host that takes no prefill in spite of its configuration answers from the beginning: that is a failure.
 */
export function seam({ text, usage, printed }: After): PartFilter {
  const strip = stripper(/\s*$/.exec(text)?.[0] ?? '')
  const shift = shifter(printed?.block ?? 0)
  const opening = text.trimStart().slice(0, guardChars)
  let first: (ChatPart & { type: 'text' }) | undefined
  let guarded = opening.length === guardChars
  const release = (): ChatPart[] => {
    guarded = false
    if (!first) return []
    const held = first
    first = undefined
    if (held.text.trimStart().startsWith(opening)) return [{ type: 'failure', failure: startedAnew }]
    return strip(held)
  }
  return (part) => {
    if (part.type === 'start') return []
    if (part.type === 'tier' || part.type === 'logprobs') return [part]
    if (part.type === 'usage') return [{ ...part, usage: plusUsage(usage, part.usage) }]
    if (part.type !== 'text') return [...release(), part].map(shift)
    if (!guarded) return strip(part).map(shift)
    first = { ...part, text: (first?.text ?? '') + part.text }
    return first.text.trimStart().length < guardChars ? [] : release().map(shift)
  }
}

const startedAnew = malformed('The provider began the answer anew instead of going on with it.')

/** Takes white space away that the client has already. */
function stripper(trailing: string): (part: ChatPart & { type: 'text' }) => ChatPart[] {
  let left = trailing
  return (part) => {
    let at = 0
    while (at < part.text.length && at < left.length && part.text[at] === left[at]) at++
    left = at < part.text.length ? '' : left.slice(at)
    return at < part.text.length ? [{ ...part, text: part.text.slice(at) }] : []
  }
}

/** Blocks of the rest follow the client's; its first text is more of the same block. */
function shifter(base: number): (part: ChatPart) => ChatPart {
  let offset: number | undefined
  return (part) => {
    if (!('block' in part)) return part
    offset ??= part.type === 'text' ? base - part.block : base + 1 - part.block
    return { ...part, block: part.block + offset }
  }
}

/** What the client has of an answer, as far as another could go on from it. */
export type Sent = {
  note(part: ChatPart): void
  /** Nothing but text so far. */
  readonly plain: boolean
  interrupted(): Interrupted | undefined
}

export function sentParts(printer: StreamPrinter, after: After | undefined): Sent {
  let text = after?.text ?? ''
  let block = after?.printed?.block ?? 0
  let plain = true
  let over = false
  return {
    note(part) {
      if (part.type === 'text') {
        text += part.text
        block = part.block
      } else if (part.type === 'finish') over = true
      else if (part.type !== 'start' && part.type !== 'usage' && part.type !== 'tier') plain = false
    },
    get plain() {
      return plain
    },
    interrupted: () => (plain && !over ? { text, printed: { printer, block } } : undefined),
  }
}

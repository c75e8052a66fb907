import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { callReader } from './upstream-calls.ts'
import { type Carried, carriedReader } from './upstream-carried.ts'

/**
 * Deltas of one choice to parts. The API mixes what the hub keeps apart: every change between reasoning, text and a call begins
 * a block, and calls whose deltas are interleaved come out one after the other.
 */
export type DeltaReader = {
  read(delta: JsonObject): ChatPart[]
  /** Sources that the host names beside the answer. */
  cite: (values: readonly JsonObject[]) => ChatPart[]
  /** What was held back: the rest of calls that others stood before. */
  close(): ChatPart[]
  /** What is wrong with the calls, now that nothing follows: one without a name, or with arguments that are no JSON. */
  broken(): string | undefined
}

/** Some hosts give the JSON that was asked for as it is, not as its text. A part of a content says of which type it is. */
const isDocument = (content: Json | undefined): content is JsonObject =>
  isObject(content) && typeof content.type !== 'string'

export function deltaReader(): DeltaReader {
  const blocks = blockNumbers()
  const carried = carriedReader()
  const calls = callReader(() => blocks.alone('call'))
  const { words, cite } = wordReader(blocks)
  /** What was said between the pieces of a call waits for its end: the pieces of a block stand together. */
  const held: ChatPart[] = []
  const release = (): ChatPart[] => held.splice(0)

  return {
    read(delta) {
      const thoughts = carried(delta).flatMap((piece) => carriedParts(blocks, piece))
      const said = [...thoughts, ...words(delta)]
      const waits = said.length + held.length > 0 && calls.isOpen()
      if (!waits) return [...said, ...calls.read(delta)]
      held.push(...said)
      const called = calls.read(delta)
      return calls.isOpen() ? called : [...called, ...release()]
    },
    // Behind a call they would stand as if the call had been answered.
    cite: (values) => (blocks.kind() === 'call' ? [] : cite(values)),
    close: () => [...calls.close(), ...release()],
    broken: calls.broken,
  }
}

/** What a delta says: text, sources, refusals, pictures, sound. */
function wordReader(blocks: Blocks) {
  const texts = (content: Json | undefined): ChatPart[] => {
    if (typeof content === 'string') return textParts(blocks, content)
    if (isDocument(content)) return textParts(blocks, JSON.stringify(content))
    return listOf(content).flatMap((part) => {
      const { text, thinking, refusal, summary } = objectOf(part)
      const thought = thinking ?? (Array.isArray(summary) ? summary : undefined)
      if (thought !== undefined) return reasoningParts(blocks, typeof thought === 'string' ? thought : plain(thought))
      if (typeof refusal === 'string') return [{ type: 'refusal', text: refusal } as const]
      return texts(text)
    })
  }
  let sound = false
  /** Sound that the model made: its words are the answer's text, itself is only named. */
  const heard = ({ data, transcript }: JsonObject): ChatPart[] => {
    const first = !sound && typeof data === 'string' && data !== ''
    sound ||= first
    const named: ChatPart[] = first
      ? [{ type: 'other', block: blocks.alone(undefined), value: { inlineData: { mimeType: 'audio' } } }]
      : []
    return [...named, ...textParts(blocks, stringOf(transcript) ?? '')]
  }
  const cite = (values: readonly JsonObject[]): ChatPart[] =>
    values.map((value) => ({ type: 'citation', block: blocks.of('text'), value }))

  const words = (delta: JsonObject): ChatPart[] => {
    const refusal = stringOf(delta.refusal)
    const parts = texts(delta.content)
    // Right behind what they vouch for.
    parts.push(...cite(annotationsOf(delta)))
    if (refusal) parts.push({ type: 'refusal', text: refusal })
    for (const image of listOf(delta.images)) parts.push(...pictureParts(blocks, image))
    if (isObject(delta.audio)) parts.push(...heard(delta.audio))
    return parts
  }
  return { words, cite }
}

type Kind = 'text' | 'reasoning' | 'call' | 'picture' | undefined
type Blocks = ReturnType<typeof blockNumbers>

function blockNumbers() {
  let block = -1
  let kind: Kind
  return {
    kind: (): Kind => kind,
    /** The block that goes on, where it is of this kind; else a new one. */
    of: (wanted: 'text' | 'reasoning'): number => {
      if (kind !== wanted) block++
      kind = wanted
      return block
    },
    alone: (of: Kind): number => {
      kind = of
      return ++block
    },
    end: (): void => {
      kind = undefined
    },
  }
}

const textParts = (blocks: Blocks, text: string): ChatPart[] =>
  text === '' ? [] : [{ type: 'text', block: blocks.of('text'), text }]

const reasoningParts = (blocks: Blocks, text: string): ChatPart[] =>
  text === '' ? [] : [{ type: 'reasoning', block: blocks.of('reasoning'), text }]

/** A seal ends its block: what is thought after it has a seal of its own. The seal of a call stands alone, in front of it. */
function carriedParts(blocks: Blocks, piece: Carried): ChatPart[] {
  if ('text' in piece) return reasoningParts(blocks, piece.text)
  const format = piece.format === undefined ? {} : { format: piece.format }
  if ('data' in piece) return [{ type: 'redacted', block: blocks.alone(undefined), data: piece.data, ...format }]
  const { signature, callId } = piece
  const call = callId === undefined ? {} : { callId }
  const block = callId === undefined ? blocks.of('reasoning') : blocks.alone(undefined)
  blocks.end()
  return [{ type: 'signature', block, signature, ...format, ...call }]
}

function pictureParts(blocks: Blocks, image: Json): ChatPart[] {
  const url = stringOf(objectOf(objectOf(image).image_url).url) ?? ''
  const [, mediaType, base64] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? []
  // One that stands elsewhere is shown by its address: fetching it is the reader's to decide.
  if (mediaType === undefined || base64 === undefined)
    return /^https?:/.test(url) ? [{ type: 'text', block: blocks.alone(undefined), text: `![image](${url})` }] : []
  return [{ type: 'image', block: blocks.alone('picture'), mediaType, base64 }]
}

const annotationsOf = (delta: JsonObject): JsonObject[] =>
  listOf(delta.annotations)
    .map((note) => objectOf(objectOf(note).url_citation))
    .filter(({ url }) => url !== undefined)

/** Text of the parts that some hosts wrap their reasoning in. */
const plain = (parts: Json): string =>
  listOf(parts)
    .map((part) => stringOf(objectOf(part).text) ?? '')
    .join('')

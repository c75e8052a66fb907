import type { ChatPart } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, listOf, objectOf, stringOf } from '../../core/json.ts'
import { sealedFormat } from './blocks.ts'

/** A content block that is being received: text, reasoning, a call, a picture. A whole reply's block is one that ends at once. */
export type OpenBlock = {
  /** Parts that this piece gives. */
  add(piece: JsonObject): ChatPart[]
  close(): ChatPart[]
  /** The arguments of a call, so far. */
  input?(): string
}

/** Which kind of block a piece belongs to: pieces tell, because starts are left out for some. */
export function kindOf(piece: JsonObject): Kind | undefined {
  return kinds.find((kind) => piece[kind] !== undefined)
}

const kinds = ['toolUse', 'toolResult', 'reasoningContent', 'citation', 'citationsContent', 'image', 'text'] as const
export type Kind = (typeof kinds)[number]

/** `block` is the number that its parts carry; `start` is what its start said, if there was one. */
export function openBlock(kind: Kind, block: number, start: JsonObject): { block: OpenBlock; parts: ChatPart[] } {
  const toolUse = objectOf(start.toolUse)
  if (kind === 'toolUse' && isClientCall(toolUse)) {
    const id = stringOf(toolUse.toolUseId) || `tooluse_${block}`
    return { block: callBlock(block), parts: [{ type: 'call', block, id, name: stringOf(toolUse.name) ?? '' }] }
  }
  if (kind === 'toolUse' || kind === 'toolResult') return { block: otherBlock(block, kind, start), parts: [] }
  if (kind === 'reasoningContent') return { block: reasoningBlock(block), parts: [] }
  if (kind === 'image') return { block: imageBlock(block, start), parts: [] }
  return { block: textBlock(block), parts: [] }
}

/** Newer models say of every call what it is; what the provider runs itself is called otherwise (`server_tool_use`). */
const isClientCall = ({ type }: JsonObject): boolean => type === undefined || type === null || type === 'tool_use'

/** Citations vouch for the whole block, so they come out when its text is known. */
function textBlock(block: number): OpenBlock {
  const citations: ChatPart[] = []
  const text = (value: unknown): ChatPart[] =>
    typeof value === 'string' && value !== '' ? [{ type: 'text', block, text: value }] : []
  return {
    add(piece) {
      const { content, citations: whole } = objectOf(piece.citationsContent)
      for (const citation of [...listOf(whole), piece.citation])
        if (isObject(citation)) citations.push(cited(block, citation))
      return [...text(piece.text), ...listOf(content).flatMap((one) => text(objectOf(one).text))]
    },
    close: () => citations,
  }
}

/** The address of what is cited, where there is one, stands where clients look for it. */
function cited(block: number, citation: JsonObject): ChatPart {
  const url = stringOf(objectOf(objectOf(citation.location).web).url)
  return { type: 'citation', block, value: url === undefined ? citation : { ...citation, url } }
}

/** Text streams; signature and sealed bytes come out whole at the end, for replay byte by byte. */
function reasoningBlock(block: number): OpenBlock {
  let signature = ''
  let readable = false
  const sealed: string[] = []
  return {
    add({ reasoningContent }) {
      const given = objectOf(reasoningContent)
      const inner = { ...given, ...objectOf(given.reasoningText) }
      signature += stringOf(inner.signature) ?? ''
      const data = stringOf(inner.redactedContent)
      if (data) sealed.push(data)
      const text = stringOf(inner.text) ?? ''
      readable ||= text !== ''
      return text === '' ? [] : [{ type: 'reasoning', block, text }]
    },
    close() {
      const data = joined(sealed)
      if (data !== '') return [{ type: 'redacted', block, data, format: sealedFormat }]
      if (signature === '') return []
      const part: ChatPart = { type: 'signature', block, signature }
      return readable ? [part] : [{ type: 'hidden', bytes: signature.length }, part]
    },
  }
}

/** Base64 of several pieces is not that of the whole; of one it stays as it came. */
const joined = (pieces: readonly string[]): string =>
  pieces.length < 2
    ? (pieces[0] ?? '')
    : Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64'))).toString('base64')

/** Input comes as fragments of JSON in a stream, as an object in a whole reply, and not at all where there are no arguments. */
function callBlock(block: number): OpenBlock {
  let all = ''
  return {
    add({ toolUse }) {
      const { input } = objectOf(toolUse)
      const text = isObject(input)
        ? Object.keys(input).length > 0
          ? JSON.stringify(input)
          : ''
        : (stringOf(input) ?? '')
      all += text
      return text === '' ? [] : [{ type: 'arguments', block, text }]
    },
    close: () => [],
    input: () => all,
  }
}

/** A tool that ran at the provider, and its result: billed, and nothing that the client could call. */
function otherBlock(block: number, kind: Kind, start: JsonObject): OpenBlock {
  let input = ''
  const content: Json[] = []
  return {
    add(piece) {
      const inner = piece[kind] ?? null
      const given = kind === 'toolUse' ? objectOf(inner).input : Array.isArray(inner) ? inner : objectOf(inner).content
      const written = typeof given === 'string' ? given : given === undefined ? '' : JSON.stringify(given)
      if (kind === 'toolUse') input += written
      else content.push(...listOf(given))
      return [{ type: 'hidden', bytes: Buffer.byteLength(written) }]
    },
    close: () => [
      {
        type: 'other',
        block,
        value: { type: kind, ...objectOf(start[kind]), ...(kind === 'toolUse' ? { input } : { content }) },
      },
    ],
  }
}

function imageBlock(block: number, start: JsonObject): OpenBlock {
  let format = stringOf(objectOf(start.image).format) ?? 'png'
  const bytes: string[] = []
  return {
    add({ image }) {
      const { format: named, source } = objectOf(image)
      format = stringOf(named) ?? format
      const data = stringOf(objectOf(source).bytes)
      if (data) bytes.push(data)
      return []
    },
    close: () => {
      const base64 = joined(bytes)
      return base64 === '' ? [] : [{ type: 'image', block, mediaType: `image/${format}`, base64 }]
    },
  }
}

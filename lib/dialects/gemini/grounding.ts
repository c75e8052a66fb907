import type { ChatPart } from '../../core/chat.ts'
import { isObject, type JsonObject, listOf, numberOf, objectOf, stringOf } from '../../core/json.ts'

export type Grounding = {
  note(candidate: JsonObject): void
  /** Citations, and the metadata itself, once the text is known. */
  parts(text: string, nextBlock: () => number): ChatPart[]
  /** Searches that were run, all of them different. */
  searches(): number
}

const kept = ['groundingMetadata', 'urlContextMetadata', 'citationMetadata'] as const

/** What an answer rests on. Chunks repeat it as it grows: the last of each kind is the whole. */
export function groundingReader(): Grounding {
  const known: JsonObject = {}
  return {
    note(candidate) {
      for (const name of kept) {
        const value = candidate[name]
        if (isObject(value) && Object.keys(value).length > 0) known[name] = { ...objectOf(known[name]), ...value }
      }
    },
    parts(text, nextBlock) {
      if (Object.keys(known).length === 0) return []
      const utf16 = offsetsOf(text)
      const citations = [...supported(objectOf(known.groundingMetadata), utf16), ...recited(known, utf16)]
      // Citations are about the whole text: they name their places in it themselves.
      const cited = citations.map((value): ChatPart => ({ type: 'citation', block: nextBlock(), value }))
      return [...cited, { type: 'other', block: nextBlock(), value: known }]
    },
    searches: () => new Set(listOf(objectOf(known.groundingMetadata).webSearchQueries)).size,
  }
}

/** Google counts bytes of UTF-8, the hub UTF-16 units. */
function offsetsOf(text: string): (bytes: number) => number {
  const encoded = Buffer.from(text)
  const plain = encoded.length === text.length
  return (bytes) => (plain ? Math.min(bytes, text.length) : encoded.subarray(0, bytes).toString().length)
}

function supported(metadata: JsonObject, utf16: (bytes: number) => number): JsonObject[] {
  const sources = listOf(metadata.groundingChunks).map((chunk) => sourceOf(objectOf(chunk)))
  const supports = listOf(metadata.groundingSupports).map(objectOf)
  // Nothing says which words a source stands for: the whole answer.
  const whole = { start_index: 0, end_index: utf16(Infinity) }
  if (supports.length === 0) return sources.flatMap((source) => (source ? [{ ...source, ...whole }] : []))
  return supports.flatMap((support) => {
    const { startIndex, endIndex, text } = objectOf(support.segment)
    const place = {
      start_index: utf16(numberOf(startIndex) ?? 0),
      end_index: utf16(numberOf(endIndex) ?? 0),
      ...(typeof text === 'string' ? { cited_text: text } : {}),
    }
    return listOf(support.groundingChunkIndices).flatMap((at) => {
      const source = sources[numberOf(at) ?? -1]
      return source ? [{ ...source, ...place }] : []
    })
  })
}

/** Pages of the web, documents of a store, places on a map. */
function sourceOf(chunk: JsonObject): JsonObject | undefined {
  const source = [chunk.web, chunk.retrievedContext, chunk.maps].find(isObject)
  const url = stringOf(source?.uri)
  if (url === undefined) return undefined
  return { type: 'url_citation', url, title: stringOf(source?.title) ?? '' }
}

/** Sources that the model quoted from memory. */
function recited(known: JsonObject, utf16: (bytes: number) => number): JsonObject[] {
  const metadata = objectOf(known.citationMetadata)
  return [...listOf(metadata.citationSources), ...listOf(metadata.citations)].map(objectOf).flatMap((source) => {
    const url = stringOf(source.uri)
    if (url === undefined) return []
    const place = {
      start_index: utf16(numberOf(source.startIndex) ?? 0),
      end_index: utf16(numberOf(source.endIndex) ?? 0),
    }
    return [{ type: 'url_citation', url, title: stringOf(source.title) ?? '', ...place }]
  })
}

import { type Json, type JsonObject, listOf, numberOf } from '../../core/json.ts'

/** How a client wants its vectors. OpenAI's SDKs ask for base64 by themselves, and decode it. */
export type Encoding = 'float' | 'base64'

export const encodingOf = (body: JsonObject): Encoding => (body.encoding_format === 'base64' ? 'base64' : 'float')

/** The vector as it is wanted, whichever way it came; undefined where it is neither. */
export function encoded(vector: Json | undefined, as: Encoding): Json | undefined {
  if (typeof vector === 'string') return as === 'base64' ? vector : floatsOf(vector)
  if (!Array.isArray(vector) || vector.length === 0) return undefined
  return as === 'float' ? vector : base64Of(vector)
}

const floatBytes = 4

/** 32-bit floats, little-endian, whatever the machine's own order is. */
function base64Of(vector: Json[]): string {
  const bytes = Buffer.alloc(vector.length * floatBytes)
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(numberOf(value) ?? 0, at * floatBytes)
  return bytes.toString('base64')
}

function floatsOf(text: string): number[] | undefined {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 0 || bytes.length % floatBytes !== 0) return undefined
  return Array.from({ length: bytes.length / floatBytes }, (_, at) => bytes.readFloatLE(at * floatBytes))
}

/** Scaled to length one. */
export function normalised(vector: Json | undefined): Json[] | undefined {
  const numbers = listOf(vector).map((value) => numberOf(value) ?? 0)
  const length = Math.hypot(...numbers)
  if (numbers.length === 0) return undefined
  return length > 0 ? numbers.map((value) => value / length) : numbers
}

/** OpenAI's list of embeddings; undefined where one of them is none, or there are none. */
export function listed(vectors: readonly (Json | undefined)[], as: Encoding): JsonObject[] | undefined {
  const data = vectors.map((vector, index) => ({ object: 'embedding', index, embedding: encoded(vector, as) ?? null }))
  return data.length > 0 && data.every(({ embedding }) => embedding !== null) ? data : undefined
}

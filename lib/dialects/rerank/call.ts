import { isObject, type Json, type JsonObject, listOf, stringOf } from '../../core/json.ts'
import { besideBounds } from '../beside-bounds.ts'
import type { Bounds } from '../dialect.ts'
import type { PlainCall } from '../endpoint.ts'
import { expectField, flag, invalid, modelOf, whole } from '../fields.ts'
import { readBody } from '../read-body.ts'

/** Documents to be put in order. `texts`: what of each is read. */
export type RerankCall = PlainCall & { query: string; texts: string[]; documents: Json[]; returns: boolean }

/** Reads a rerank request, in Cohere's shape. Throws `invalid_json` or `invalid_request` with the field and what it should be. */
export function rerankCall(text: string): RerankCall {
  const read = readBody(text)
  const { body } = read
  const model = modelOf(body)
  const { query } = body
  if (typeof query !== 'string' || query === '') throw invalid('query', query, 'a text, and not empty')
  const documents = listOf(body.documents)
  if (documents.length === 0) throw invalid('documents', body.documents, 'a list of texts or of objects, and not empty')
  expectField('top_n', body.top_n, whole)
  expectField('return_documents', body.return_documents, flag)
  expectField('max_tokens_per_doc', body.max_tokens_per_doc, whole)
  const fields = listOf(body.rank_fields).flatMap((field) => stringOf(field) ?? [])
  const texts = documents.map((document, at) => textOf(document, { at, fields }))
  return { ...read, model, query, texts, documents, returns: body.return_documents === true }
}

/** Of an object, the fields that are to be read, else its text, else all of it. */
function textOf(document: Json, { at, fields }: { at: number; fields: string[] }): string {
  if (typeof document === 'string') return document
  if (!isObject(document)) throw invalid(`documents[${at}]`, document, 'a text, or an object with a text')
  const named = fields.filter((field) => field in document)
  if (named.length > 0) return named.map((field) => `${field}: ${plain(document[field])}`).join('\n')
  return stringOf(document.text) ?? plain(document)
}

const plain = (value: Json | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** A search has up to 100 documents; a document is split into pieces of 500 tokens, the query with each (Cohere, "Pricing"). */
const perSearch = 100
const pieceTokens = 500
const leastRoom = 100
const framing = 16

/** Names of the request that every shape says in its own way. */
export const said = ['model', 'query', 'documents', 'top_n', 'return_documents', 'rank_fields', 'max_tokens_per_doc']
const counted = new Set([...said, 'user', 'metadata'])

/** The query is read with every document, and what stands beside it (an instruction) may be; no text has more tokens than bytes. */
export function boundsOf({ query, texts, body }: RerankCall): Bounds {
  const beside = besideBounds(body, counted)
  const queryBytes = Buffer.byteLength(query) + beside.inputTokens
  const room = Math.max(pieceTokens - queryBytes, leastRoom)
  let inputTokens = 0
  let pieces = 0
  for (const text of texts) {
    const bytes = Buffer.byteLength(text)
    inputTokens += bytes + queryBytes + framing
    pieces += Math.max(Math.ceil(bytes / room), 1)
  }
  return { ...beside, inputTokens, outputCap: 0, choices: 1, units: { searchUnits: Math.ceil(pieces / perSearch) } }
}

/** How many results are wanted; 0 says nothing. */
export const topOf = ({ top_n: top }: JsonObject): Json | undefined => (top === 0 ? undefined : top)

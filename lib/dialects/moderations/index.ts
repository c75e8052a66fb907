import { listOf } from '../../core/json.ts'
import type { Bounds } from '../dialect.ts'
import { passExchange, type PlainCall, type Speaker } from '../endpoint.ts'
import { invalid } from '../fields.ts'
import { readBody } from '../read-body.ts'

/** What OpenAI takes where a request names no model. */
const usual = 'omni-moderation-latest'

/** Reads a moderation request. Throws `invalid_json` or `invalid_request` with the field and what it should be. */
export function moderationsCall(text: string): PlainCall {
  const read = readBody(text)
  const { input, model = usual } = read.body
  if (typeof model !== 'string' || model === '') throw invalid('model', model, 'the name of a model, as a text')
  const given = typeof input === 'string' || (Array.isArray(input) && input.length > 0)
  if (!given) throw invalid('input', input, 'a text, or a list of texts or of parts, and not empty')
  return { ...read, model }
}

/** Nothing is generated, and pictures are not sold by tokens. */
export const boundsOf = ({ text }: PlainCall): Bounds => ({
  inputTokens: Buffer.byteLength(text),
  outputCap: 0,
  choices: 1,
})

/** All who have the endpoint have OpenAI's shape; what is their own in it passes. */
export const moderationsExchange: Speaker<PlainCall> = (call, options) =>
  passExchange(call, options, (json) =>
    listOf(json.results).length === 0 ? { missing: 'The provider answered without a result.' } : {},
  )

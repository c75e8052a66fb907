import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { besideBounds } from '../beside-bounds.ts'
import type { Bounds } from '../dialect.ts'
import { expectField, invalid, isText, isTokens, modelOf, positive } from '../fields.ts'
import { readBody } from '../read-body.ts'
import { unsupported } from '../unsupported.ts'

/** A client's embeddings request, checked for shape. */
export type EmbeddingsCall = {
  text: string
  body: JsonObject
  model: string
  /** `input` as a list: texts, or lists of token numbers. */
  inputs: (string | number[])[]
}

/** Reads an embeddings request; throws as `parseChatCall` does. */
export function embeddingsCall(text: string): EmbeddingsCall {
  const read = readBody(text)
  const { body } = read
  const model = modelOf(body)
  const { input } = body
  const inputs = typeof input === 'string' ? [input] : isTokens(input) ? [input] : input
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every((item) => isText(item) || isTokens(item)))
    throw invalid('input', input, 'a text, a list of texts, or token numbers, and not empty')
  expectField('dimensions', body.dimensions, positive)
  expectField('encoding_format', body.encoding_format, { words: "'float' or 'base64'", is: isText })
  return { ...read, model, inputs }
}

/** Around each text a host may put a marker at both ends. */
const inputFraming = 4

/** Said in the call, or no part of any prompt. */
const said = new Set(['model', 'input', 'dimensions', 'encoding_format', 'user', 'metadata'])

/**
 * Most tokens the inputs can be counted as: bytes of a text, or the tokens themselves. What stands beside them may be read with
 * each. Nothing is generated.
 */
export function boundsOf({ inputs, body }: Pick<EmbeddingsCall, 'inputs' | 'body'>): Bounds {
  const beside = besideBounds(body, said)
  let inputTokens = beside.inputTokens * inputs.length
  for (const input of inputs) {
    inputTokens += inputFraming + (typeof input === 'string' ? Buffer.byteLength(input) : input.length)
  }
  return { ...beside, inputTokens, outputCap: 0, choices: 1 }
}

/** The inputs as texts: tokens mean something only where the tokenizer is the model's own. */
export function textsOf(call: EmbeddingsCall): string[] {
  return call.inputs.map((input) => {
    if (typeof input === 'string') return input
    throw unsupported('input', input)
  })
}

/** The one text of a model that embeds one at a time. Asking it for each would be as many attempts, each with a price of its own. */
export function oneText(call: EmbeddingsCall): string {
  const texts = textsOf(call)
  const [only] = texts
  if (only !== undefined && texts.length === 1) return only
  throw new GatewayError('unsupported_parameter', {
    message: `'input' has ${texts.length} texts, and this model embeds one at a time: send a request for each.`,
    param: 'input',
  })
}

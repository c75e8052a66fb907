import { GatewayError } from '../../core/errors.ts'
import type { Bounds } from '../dialect.ts'
import { embeddingsCall, type EmbeddingsCall } from '../openai/call.ts'
import { unsupported } from '../unsupported.ts'

export { embeddingsCall, type EmbeddingsCall }

/** Around each text a host may put a marker at both ends. */
const inputFraming = 4

/** Most tokens the inputs can be counted as: bytes of a text, or the tokens themselves. Nothing is generated. */
export function boundsOf(call: Pick<EmbeddingsCall, 'inputs'>): Bounds {
  let inputTokens = 0
  for (const input of call.inputs) {
    inputTokens += inputFraming + (typeof input === 'string' ? Buffer.byteLength(input) : input.length)
  }
  return { inputTokens, outputCap: 0, choices: 1 }
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

import { isObject, type Json, type JsonObject, numberOf, objectOf } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

const count = (value: Json | undefined): number | undefined => {
  const number = numberOf(value)
  return number === undefined ? undefined : Math.ceil(Math.max(number, 0))
}

/**
 * Two counts stand side by side: `tokens` is what the model read and wrote, with the provider's own framing; `billed_units` is
 * what is paid for. Undefined where there are none.
 */
export function usageOf(reported: Json | undefined): Usage | undefined {
  if (!isObject(reported)) return undefined
  const tokens = objectOf(reported.tokens)
  const billed = objectOf(reported.billed_units)
  const prompt = count(tokens.input_tokens) ?? count(billed.input_tokens)
  const completion = count(tokens.output_tokens) ?? count(billed.output_tokens)
  if (prompt === undefined && completion === undefined) return undefined
  const usage: Usage = { prompt: prompt ?? 0, completion: completion ?? 0 }
  const cached = Math.min(count(reported.cached_tokens) ?? 0, usage.prompt)
  if (cached > 0) usage.cached = cached
  return { ...usage, ...billedOf(billed) }
}

function billedOf(billed: JsonObject): Pick<Usage, 'billedPrompt' | 'billedCompletion'> {
  const [input, output] = [count(billed.input_tokens), count(billed.output_tokens)]
  return input === undefined || output === undefined ? {} : { billedPrompt: input, billedCompletion: output }
}

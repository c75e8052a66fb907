import { bareName } from '../openai/pass-models.ts'

/** Models that reason and hand out their reasoning sealed; others refuse `reasoning` and `include: reasoning.encrypted_content`. */
const sealing = /^(?:o\d|gpt-(?:[5-9]|\d\d)(?!.*chat)|codex|computer-use|grok-(?:3-mini|[4-9]))(?!.*non-reasoning)/

/** Models that hand their reasoning out sealed, and want it back with the results of calls. */
export const sealsReasoning = (upstreamModel: string): boolean => sealing.test(bareName(upstreamModel))

/** Of them, those that do not reason unless asked to, and those that can be told not to (OpenAI's model pages). */
const silentByDefault = /^gpt-5\.[1-4](?!\d)/
const canBeSilent = /^gpt-5\.[1-9]/

/** The effort that stands for "do not reason"; undefined where the model has none. */
export function noEffort(upstreamModel: string): string | undefined {
  const model = bareName(upstreamModel)
  if (canBeSilent.test(model)) return 'none'
  return /^gpt-5(?![.\d])(?!-codex|-pro|.*chat)/.test(model) ? 'minimal' : undefined
}

/** Reasoning models take `temperature` and `top_p` only while they do not reason. */
export function takesSampling(upstreamModel: string, effort: string | undefined): boolean {
  const model = bareName(upstreamModel)
  if (!sealing.test(model)) return true
  return canBeSilent.test(model) && (effort === 'none' || (effort === undefined && silentByDefault.test(model)))
}

/** The least `max_output_tokens` that is taken (400 `integer_below_min_value`). */
export const leastOutputTokens = 16

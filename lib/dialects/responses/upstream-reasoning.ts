import type { ChatRequest } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import type { RequestOptions } from '../tongue.ts'
import { printInclude } from './upstream-params.ts'
import { noEffort, sealsReasoning, takesSampling } from './models.ts'

/** Budgets of other tongues as levels: the thresholds at which models that take both behave alike. */
const levels: readonly (readonly [number, string])[] = [
  [4096, 'low'],
  [16_384, 'medium'],
]

/**
 * `reasoning` and `include`: the effort, a summary to read where reasoning was asked for, and the seal that carries it over
 * turns. A model that is not known to reason is not asked to: the wish is named in `dropped`.
 */
export function printReasoning(request: ChatRequest, options: RequestOptions, dropped: string[]): JsonObject {
  const { reasoning } = request
  const seals = sealsReasoning(options.upstreamModel)
  const include = printInclude(request.rest, seals)
  if (reasoning === undefined) return include
  const effort = effortOf(reasoning, options.upstreamModel)
  if (!seals && options.flags.maxTokensField === 'byModel') {
    if (!reasoning.off) dropped.push('reasoning_effort')
    return include
  }
  if (effort === undefined) return include
  return { reasoning: { effort, ...(reasoning.off ? {} : { summary: 'auto' }) }, ...include }
}

/** Undefined: the model's own way. Whether it can be told not to reason differs by model. */
function effortOf(reasoning: ChatRequest['reasoning'], model: string): string | undefined {
  if (reasoning === undefined) return undefined
  const { effort, budgetTokens, off } = reasoning
  if (off) return noEffort(model)
  if (effort !== undefined) return effort
  if (budgetTokens === undefined) return 'medium'
  return levels.find(([most]) => budgetTokens <= most)?.[1] ?? 'high'
}

/** `temperature` and `top_p`, left out and named where the model refuses them. */
export function printSampling(request: ChatRequest, options: RequestOptions, dropped: string[]): JsonObject {
  const { temperature, topP, topK } = request
  const refused =
    options.flags.maxTokensField === 'byModel' &&
    !takesSampling(options.upstreamModel, effortOf(request.reasoning, options.upstreamModel))
  const fields: JsonObject = {}
  const put = (name: string, value: number | undefined) => {
    if (value === undefined) return
    if (refused && !(name === 'temperature' && value === 1)) dropped.push(name)
    else if (!refused) fields[name] = value
  }
  put('temperature', temperature)
  put('top_p', topP)
  if (topK !== undefined) dropped.push('top_k')
  return fields
}

import { type JsonObject, isObject, listOf, stringOf } from '../../core/json.ts'
import type { Passes } from '../../core/usage.ts'
import { usageOf } from './usage.ts'

/**
 * What the iterations of a message tell of other models than the one that was asked ("Advisor tool", "Refusals and fallback"). The
 * totals leave an advisor out, and are those of the model that stepped in. A model that declined is billed for what it wrote
 * before, and for nothing where it wrote nothing.
 */
export function passesOf({ iterations }: JsonObject): Passes | undefined {
  const all = listOf(iterations).filter(isObject)
  const served = stringOf(all.findLast(({ type }) => type === 'fallback_message')?.model)
  const declined = ({ type, model, output_tokens: written }: JsonObject): boolean =>
    type === 'message' && served !== undefined && typeof model === 'string' && model !== served && written !== 0
  const others = all
    .filter((one) => one.type === 'advisor_message' || declined(one))
    .map((one) => ({ model: stringOf(one.model) ?? '', usage: usageOf(one) }))
  return served === undefined && others.length === 0 ? undefined : { ...(served !== undefined && { served }), others }
}

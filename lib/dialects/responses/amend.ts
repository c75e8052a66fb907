import type { Failure } from '../../core/failure.ts'
import { type JsonObject, listOf, objectOf, tryParseExact } from '../../core/json.ts'

/**
 * The request without the part that was refused, to be sent once more; undefined where another try would change nothing.
 * - Sealed reasoning opens only for the key, organization or resource that sealed it, and a fallback may have asked another.
 * - Summaries of reasoning are kept from organizations that are not verified.
 */
export function amended(text: string, { kind, mayHaveCost, code, param, message }: Failure): string | undefined {
  if (mayHaveCost || (kind !== 'bad_request' && kind !== 'permission')) return undefined
  const body = objectOf(tryParseExact(text))
  const said = `${code ?? ''} ${param ?? ''} ${message}`
  if (/encrypted[_ ]content|required following item|without its required/i.test(said)) return withoutReasoning(body)
  if (/reasoning\.summary|reasoning summar/i.test(said)) return withoutSummary(body)
  return undefined
}

function withoutReasoning(body: JsonObject): string | undefined {
  const input = listOf(body.input).filter((item) => objectOf(item).type !== 'reasoning')
  const include = listOf(body.include ?? []).filter((name) => name !== 'reasoning.encrypted_content')
  const same = input.length === listOf(body.input).length
  // With nothing sealed in it, what is refused is the wish to have reasoning sealed.
  const wish = same && include.length === listOf(body.include ?? []).length
  if (wish) return undefined
  if (!same) return JSON.stringify({ ...body, input })
  const { include: _, ...rest } = body
  return JSON.stringify({ ...rest, ...(include.length > 0 ? { include } : {}) })
}

function withoutSummary(body: JsonObject): string | undefined {
  const { summary, generate_summary: older, ...reasoning } = objectOf(body.reasoning)
  if (summary === undefined && older === undefined) return undefined
  const { reasoning: _, ...rest } = body
  return JSON.stringify({ ...rest, ...(Object.keys(reasoning).length > 0 ? { reasoning } : {}) })
}

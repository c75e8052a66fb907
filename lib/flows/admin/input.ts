import type * as z from 'zod'
import { parseDuration } from '../../core/duration.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import {
  type FieldTable,
  type Given,
  type Kind,
  notStored,
  rateFields,
  schemaOf,
  unsupportedBudgets,
} from './fields.ts'

export type Input<T extends FieldTable> = { given: Given<T>; other: Record<string, Json> }

/** One entry of FastAPI's list of what is wrong with a body, which LiteLLM's clients read. */
type Wrong = { loc: (string | number)[]; msg: string; type: string }

/**
 * Checks a body against its table: what is in it goes to `given`, everything else to `other`, to be stored as it is. An empty
 * string counts as null and a number may be written as text, as LiteLLM has it. Throws the 422 that lists every wrong type,
 * or a 400 for values that have the right type and no sense.
 */
export function parseFields<T extends FieldTable>(body: JsonObject, table: T): Input<T> {
  const wrong: Wrong[] = []
  const given: [string, unknown][] = []
  const other: [string, Json][] = []
  const skipped = new Set<string>(notStored)
  for (const [name, raw] of Object.entries(body)) {
    const kind = Object.hasOwn(table, name) ? table[name] : undefined
    if (!kind) {
      if (!skipped.has(name)) other.push([name, raw])
      continue
    }
    const checked = schemaOf(kind).safeParse(coerced(kind, raw))
    if (checked.success) given.push([name, checked.data])
    else wrong.push(...checked.error.issues.map((issue) => wrongOf(name, raw, issue)))
  }
  if (wrong.length) throw unprocessable(wrong)
  const fields = Object.fromEntries(given) as Given<T>
  checkValues(fields, body)
  for (const name of rateFields) {
    if (name in fields) other.push([name, (fields as Record<string, Json>)[name] ?? null])
  }
  return { given: fields, other: Object.fromEntries(other) }
}

const numeric = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i

function coerced(kind: Kind, raw: Json): Json {
  if (raw === '') return null
  if (typeof raw !== 'string') return raw
  if ((kind === 'money' || kind === 'count') && numeric.test(raw)) return Number(raw)
  if (kind === 'flag' && /^(true|false)$/i.test(raw)) return raw.toLowerCase() === 'true'
  return raw
}

const secrets = new Set(['key', 'token', 'new_key'])

const wrongOf = (name: string, raw: Json, issue: z.core.$ZodIssue): Wrong => ({
  loc: ['body', name, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))],
  msg: `${issue.message}.${secrets.has(name) ? '' : ` Received: ${JSON.stringify(raw).slice(0, 80)}`}`,
  type: issue.code,
})

/** The 422, in both shapes that clients of LiteLLM read: its error envelope, and FastAPI's `detail`. */
export function unprocessable(wrong: Wrong[]): GatewayError {
  const words = wrong.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`).join('; ')
  const param = String(wrong[0]?.loc[1] ?? '')
  return new GatewayError('unprocessable', {
    message: `The request has fields that cannot be used. ${words}`,
    param,
    extra: { detail: wrong },
  })
}

/** The 422 for a field that must be there. */
export const missing = (where: 'body' | 'query', name: string, remedy: string): GatewayError =>
  unprocessable([{ loc: [where, name], msg: `Field required: ${remedy}`, type: 'missing' }])

/** A 400 that names the field. */
export const invalid = (param: string, message: string): GatewayError =>
  new GatewayError('invalid_request', { message, param })

/** From here on a limit would not be an exact number of nano-dollars any more. */
const mostDollars = 9_000_000

function checkValues(given: Record<string, unknown>, body: JsonObject): void {
  for (const name of ['max_budget', 'soft_budget']) checkMoney(name, given[name])
  for (const name of ['budget_duration', 'duration']) checkDuration(name, given[name])
  for (const name of ['key_alias', 'team_id', 'user_id']) checkName(name, given[name])
  if (typeof given['spend'] === 'number' && given['spend'] !== 0)
    throw invalid(
      'spend',
      'spend cannot be set: it is what the ledger adds up to. Leave it out; to allow more, raise max_budget.',
    )
  for (const name of unsupportedBudgets) {
    if (isSaying(body[name]))
      throw invalid(
        name,
        `${name} is not supported yet and would not be enforced. Leave it out, and use max_budget with budget_duration on a key, team or user.`,
      )
  }
}

/** Whether a value asks for anything: not null, empty, or an empty collection. */
export function isSaying(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '' || value === false) return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

function checkMoney(name: string, value: unknown): void {
  if (typeof value !== 'number') return
  if (value < 0)
    throw invalid(name, `${name} cannot be negative. Received: ${value}. Give US$ from 0 on, or null for no limit.`)
  if (value > mostDollars)
    throw invalid(name, `${name} can be at most ${mostDollars} US$. Received: ${value}. Give null for no limit.`)
}

function checkDuration(name: string, value: unknown): void {
  if (typeof value !== 'string' || (name === 'duration' && value === '-1') || parseDuration(value)) return
  throw invalid(
    name,
    `${name}: '${value.slice(0, 50)}' is not a duration. Write a whole number and a unit: s, m, h, d, w or mo, as in 30s, 30m, 30h, 30d, 1w, 1mo.`,
  )
}

/** Names become parts of store keys, in which `#` separates. */
function checkName(name: string, value: unknown): void {
  if (typeof value !== 'string') return
  if (value.length > 255) throw invalid(name, `${name} can have at most 255 characters. Received: ${value.length}.`)
  if (/\p{Cc}/u.test(value)) throw invalid(name, `${name} must not contain control characters.`)
  if (name !== 'key_alias' && value.includes('#'))
    throw invalid(name, `${name} must not contain '#'. Received: ${value}.`)
}

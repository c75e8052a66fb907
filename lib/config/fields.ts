import * as z from 'zod'
import type { Json, JsonObject } from '../core/json.ts'
import type { Path } from './document.ts'
import type { Reading } from './reading.ts'

/** What is wrong with a value, and what to write instead. */
const said = (message: string, remedy: string) => ({ error: `${message}|${remedy}` })

/** LiteLLM takes numbers and booleans as strings too, the more so from the environment. */
const numeric = (value: unknown) =>
  typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value
const words: Record<string, boolean> = { true: true, yes: true, on: true, false: false, no: false, off: false }
const logical = (value: unknown) =>
  typeof value === 'string' ? (words[value.toLowerCase()] ?? value) : value === 1 ? true : value === 0 ? false : value

const aNumber = (what: string, remedy: string) => {
  const say = said(`not ${what}`, remedy)
  return z.number(say).refine((n) => Number.isFinite(n), say)
}

/** Timers count milliseconds in 31 bits. */
const longestSeconds = 2_000_000

/** Seconds above zero, as milliseconds. */
export const seconds = z.preprocess(
  numeric,
  aNumber('a number of seconds', 'write seconds above 0, such as 30')
    .positive(said('must be above 0', 'write seconds above 0, such as 30'))
    .max(longestSeconds, said('is longer than a timer can wait', 'write seconds, not milliseconds'))
    .transform((value) => Math.round(value * 1000)),
)
/** Seconds, zero allowed, as milliseconds. */
export const waiting = z.preprocess(
  numeric,
  aNumber('a number of seconds', 'write seconds, such as 2')
    .nonnegative(said('must not be negative', 'write 0 or more seconds'))
    .transform((value) => Math.round(value * 1000)),
)
export const count = z.preprocess(
  numeric,
  aNumber('a whole number', 'write a whole number, such as 3')
    .int(said('must be a whole number', 'leave out the fraction'))
    .nonnegative(said('must not be negative', 'write 0 or more')),
)
export const positive = z.preprocess(
  numeric,
  aNumber('a whole number', 'write a whole number above 0')
    .int(said('must be a whole number', 'leave out the fraction'))
    .positive(said('must be above 0', 'write 1 or more')),
)
export const amount = z.preprocess(
  numeric,
  aNumber('a number', 'write a number, such as 0.5').nonnegative(said('must not be negative', 'write 0 or more')),
)
export const flag = z.preprocess(logical, z.boolean(said('not true or false', 'write true or false')))
export const text = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z.string(said('not a text', 'write a text')).min(1, said('is empty', 'write a text, or leave the key out')),
)
export const texts = z.preprocess(
  (value) => (typeof value === 'string' ? [value] : value),
  z.array(text, said('not a list of names', 'write a list: [a, b]')),
)
export const percents = z.preprocess(
  (value) => (Array.isArray(value) ? value.map(numeric) : value),
  z
    .array(
      aNumber('a percentage', 'write numbers from 1 to 100')
        .positive(said('must be above 0', 'write numbers from 1 to 100'))
        .max(100, said('is more than 100', 'write numbers from 1 to 100')),
      said('not a list of percentages', 'write a list: [50, 80, 95]'),
    )
    .transform((list) => [...new Set(list)].sort((a, b) => a - b)),
)
/** LiteLLM's grammar of budget windows (LiteLLM survey, 6.2). */
export const duration = text.pipe(
  z
    .string()
    .regex(
      /^[1-9]\d*(?:mo|[smhdw])$/,
      said('not a duration', 'write a number and s, m, h, d, w or mo: 30s, 12h, 30d, 1mo'),
    ),
)
export const timeZone = text.pipe(
  z.string().refine(isTimeZone, said('not a time zone', 'write an IANA name, such as Europe/Berlin or UTC')),
)
export const object = z.record(z.string(), z.json(), said('not a map', 'write keys and values below it'))
export const headers = z.record(
  z.string(),
  z.preprocess(
    (v) => (typeof v === 'number' || typeof v === 'boolean' ? String(v) : v),
    z.string(said('not a text', 'write the header as a text')),
  ),
  said('not a map of headers', 'write header: value below it'),
)
export const oneOf = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, said('not one of the choices', `write one of ${values.join(', ')}`))

/** Values that stay names (`os.environ/NAME`): never resolved while loading, so no secret gets into a config. */
export const secretText = text.pipe(z.string())
export const secretTexts = z.union([secretText, z.array(secretText)], said('not a text', 'write os.environ/NAME'))
const unresolved = new Set<z.ZodType>([secretText, secretTexts])

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

type Shape = Record<string, z.ZodType>
type Fields<S extends Shape> = { [K in keyof S]?: z.output<S[K]> }

/** Every field of the shape that the section has and that is right; each that is wrong is a problem, and left out. */
export function readFields<S extends Shape>(shape: S, section: JsonObject, path: Path, reading: Reading): Fields<S> {
  const fields: Fields<S> = {}
  for (const key of Object.keys(shape) as (keyof S & string)[]) {
    const value = section[key]
    const schema = shape[key]
    if (value === undefined || value === null || !schema) continue
    readField({ schema, value, path: [...path, key], reading }, (data) => {
      fields[key] = data as z.output<S[typeof key]>
    })
  }
  return fields
}

type Field = { schema: z.ZodType; value: Json; path: Path; reading: Reading }

function readField({ schema, value, path, reading }: Field, keep: (data: unknown) => void): void {
  const before = reading.problems.length
  const written = unresolved.has(schema) ? value : reading.resolve(value, path)
  if (reading.problems.length > before) return
  const result = schema.safeParse(written)
  if (result.success) return keep(result.data)
  for (const issue of result.error.issues) {
    const [message = '', remedy = 'correct the value'] = issue.message.split('|')
    reading.error(
      [...path, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))],
      message,
      remedy,
    )
  }
}

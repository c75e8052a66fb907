/** One setting: what a person may write, and what is made of it. `read` gives undefined where the text is not allowed. */
type Field<T> = { default: T; allowed: string; read: (text: string) => T | undefined }

const matching = (pattern: RegExp, allowed: string): Field<string | undefined> => ({
  default: undefined,
  allowed,
  read: (text) => (pattern.test(text) ? text : undefined),
})

const withDefault = <T>(field: Field<T | undefined>, value: T): Field<T> => ({ ...field, default: value })

const name = matching(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'letters, digits and /_+=.@-')

const flag: Field<boolean> = {
  default: false,
  allowed: 'true or false',
  read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
}

const oneOf = <T extends string>(values: readonly [T, ...T[]]): Field<T> => ({
  default: values[0],
  allowed: values.join(' or '),
  read: (text) => values.find((value) => value === text),
})

/** Everything that `-c name=value` (or the context of cdk.json) can say, by its name there. */
export const fields = {
  /** A second gateway in one account has another name. */
  stack: withDefault(
    matching(/^[A-Za-z][A-Za-z0-9-]{0,127}$/, 'letters, digits and hyphens, a letter first'),
    'Purser',
  ),
  /** A secret that exists already; else the stack makes one. */
  secret: name,
  /** Gets every alert and alarm; AWS asks it for confirmation first. */
  alertEmail: matching(/^[^\s@]+@[^\s@]+$/, 'an e-mail address, such as ops@example.com'),
  /** A secret with SLACK_WEBHOOK_URL in it; else the stack's own is asked. */
  slackSecret: name,
  /** What answers calls: a function that streams, one call at a time, or a web function whose environments take 64 calls each. */
  compute: oneOf(['function-url', 'web-function']),
  /** A second URL for callers inside AWS: their role, not a key, says who they are. */
  iam: flag,
} satisfies Record<string, Field<unknown>>

export type FieldValues = { [N in keyof typeof fields]: (typeof fields)[N]['default'] }

/** Reads every field. `lines` has one complaint per value that cannot be used: the field, the value and what it takes. */
export function readFields(context: (name: string) => unknown): { values: FieldValues; lines: string[] } {
  const lines: string[] = []
  const one = (key: string, field: Field<unknown>): unknown => {
    const given: unknown = context(key)
    if (given === undefined) return field.default
    // Context in cdk.json may be JSON; on the command line everything is text.
    const text = typeof given === 'boolean' || typeof given === 'number' ? String(given) : given
    const value = typeof text === 'string' ? field.read(text) : undefined
    if (value === undefined)
      lines.push(`context ${key}: ${JSON.stringify(given)} cannot be used; give ${field.allowed}`)
    return value ?? field.default
  }
  const read = Object.entries(fields).map(([key, field]) => [key, one(key, field)])
  return { values: Object.fromEntries(read) as FieldValues, lines }
}

/** What holds where nothing is said. */
export const defaultFields: FieldValues = readFields(() => undefined).values

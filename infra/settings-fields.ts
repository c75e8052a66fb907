import { readTeams, teamsAllowed, type TeamSubscription } from './settings-teams.ts'

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

const whole = (between: readonly [least: number, most: number], value: number, unit: string): Field<number> => ({
  default: value,
  allowed: `a whole number of ${unit} from ${between[0]} to ${between[1]}`,
  read: (text) =>
    /^\d{1,12}$/.test(text) && Number(text) >= between[0] && Number(text) <= between[1] ? Number(text) : undefined,
})

const hostName = matching(
  /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
  'a name in lower case, such as llm.example.com',
)

/** Teams and how each is told of its own alerts: a JSON file, read here so that a mistake in it stops the deployment. */
const teamsFile: Field<TeamSubscription[] | undefined> = {
  default: undefined,
  allowed: teamsAllowed,
  read: readTeams,
}

const optional = <T extends string>(field: Field<T>): Field<T | undefined> => ({ ...field, default: undefined })

/** Everything that `-c name=value` (or the context of cdk.json) can say, by its name there. */
const fields = {
  /** A second gateway in one account has another name. */
  stack: withDefault(
    matching(/^[A-Za-z][A-Za-z0-9-]{0,127}$/, 'letters, digits and hyphens, a letter first'),
    'Purser',
  ),
  /** A secret that exists already; else the stack makes one. */
  secret: name,
  /** A table that exists already: one that was restored from a backup, or that a removed stack has left. */
  table: matching(/^[A-Za-z0-9_.-]{3,255}$/, 'letters, digits and _.-, at least three'),
  /** Gets every alert and alarm; AWS asks it for confirmation first. */
  alertEmail: matching(/^[^\s@]+@[^\s@]+$/, 'an e-mail address, such as ops@example.com'),
  /** A secret with SLACK_WEBHOOK_URL, PAGERDUTY_ROUTING_KEY or ALERT_WEBHOOK_URL in it; else the stack's own is asked. */
  slackSecret: name,
  /** A Slack workspace (authorised once in the console of Amazon Q Developer in chat applications) and a channel of it. */
  chatWorkspace: matching(/^T[A-Z0-9]{2,254}$/, 'the id of a Slack workspace, such as T0123ABCD'),
  chatChannel: matching(/^[CG][A-Z0-9]{2,254}$/, 'the id of a Slack channel, such as C0123ABCD'),
  /** Who is told of which team's alerts, beside those who are told of all. */
  alertTeams: teamsFile,
  /** How often a spend report is made; else what the config says, else weekly. */
  report: optional(oneOf<'weekly' | 'monthly' | 'off'>(['weekly', 'monthly', 'off'])),
  /** What answers calls: a function that streams, one call at a time, or a web function whose environments take 64 calls each. */
  compute: oneOf(['function-url', 'web-function']),
  /** A second URL for callers inside AWS: their role, not a key, says who they are. */
  iam: flag,
  /** CloudFront before both functions: one host, HTTP/3, and the only way in. */
  front: flag,
  /** The front's own name, and the certificate for it. Without, it is called what CloudFront calls it. */
  domain: hostName,
  certificate: matching(
    /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[\w-]+$/,
    'the ARN of a certificate in us-east-1, where CloudFront looks for it, such as arn:aws:acm:us-east-1:123456789012:certificate/...',
  ),
  /** A zone of Route 53 in this account, by name and id, for a record of the domain. */
  hostedZone: hostName,
  hostedZoneId: matching(/^Z[A-Z0-9]{1,31}$/, 'the id of a hosted zone, such as Z0123456789ABCDEFGHIJ'),
  /** How long the front waits for the first byte of an answer, and for the next; over 120 only with a raised quota. */
  frontTimeout: whole([1, 900], 120, 'seconds'),
  /** Which secret the front shows to the functions; the next number makes a new one, and the one before still counts. */
  frontSecret: whole([1, 9999], 1, 'rotations'),
  /** A firewall of the front, made by this stack; that is possible in us-east-1 alone. */
  waf: flag,
  /** What one IP address may send in five minutes before the firewall answers 429. */
  wafRate: whole([10, 2_000_000_000], 2000, 'requests'),
  /** A firewall that exists already. */
  webAclArn: matching(
    /^arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global\/webacl\/[\w-]+\/[\w-]+$/,
    'the ARN of a web ACL of scope CLOUDFRONT, such as arn:aws:wafv2:us-east-1:123456789012:global/webacl/name/id',
  ),
  /** An OpenTelemetry collector (OTLP/HTTP) that gets spans and metrics; its credentials are OTEL_EXPORTER_OTLP_HEADERS of the secret. */
  otlp: matching(
    /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/,
    'the base address of an OTLP/HTTP collector, such as https://collector.example.com:4318',
  ),
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

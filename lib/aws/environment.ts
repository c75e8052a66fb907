import { readFileSync } from 'node:fs'
import type { Config } from '../core/config.ts'
import type { Log } from '../core/ports.ts'

/** What a Lambda environment says of itself; `AWS_*` is set by Lambda, the rest by the stack. */
export type Environment<Name extends string> = Record<Name, string> & {
  region: string
  credentials: () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>
  /** Of another service than AWS's own, by the variables that AWS's SDKs read: tests set them. */
  endpoints: { dynamodb?: string; events?: string }
}

/** Reads what a door needs from its environment. Throws an error that names the variable that is missing. */
export function environment<Name extends string>(
  env: Record<string, string | undefined>,
  names: readonly Name[],
): Environment<Name> {
  const need = (name: string): string => {
    const value = env[name]
    if (!value) throw new Error(`environment variable ${name} is not set; the stack sets it on its functions`)
    return value
  }
  const set = Object.fromEntries(names.map((name) => [name, need(name)])) as Record<Name, string>
  const dynamodb = env.AWS_ENDPOINT_URL_DYNAMODB ?? env.AWS_ENDPOINT_URL
  const events = env.AWS_ENDPOINT_URL_EVENTBRIDGE ?? env.AWS_ENDPOINT_URL
  return {
    ...set,
    region: need('AWS_REGION'),
    // An environment keeps the credentials it was started with; Lambda replaces it before they expire.
    credentials: async () => ({
      accessKeyId: need('AWS_ACCESS_KEY_ID'),
      secretAccessKey: need('AWS_SECRET_ACCESS_KEY'),
      ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
    }),
    endpoints: { ...(dynamodb && { dynamodb }), ...(events && { events }) },
  }
}

/** The config as `cdk synth` has read and checked it; it lies beside the code, so no function parses YAML. */
export const bundledConfig = (door: string): Config =>
  JSON.parse(readFileSync(new URL('config.json', door), 'utf8')) as Config

/**
 * One JSON object per line, past `console`: Lambda puts a prefix before what `console` prints, and the stack's metric filters
 * read these lines as JSON.
 */
export const jsonLog: Log = (level, message, fields = {}) => {
  process.stdout.write(`${JSON.stringify({ level, message, ...fields })}\n`)
}

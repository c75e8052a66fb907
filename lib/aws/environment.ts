import { readFileSync } from 'node:fs'
import type { Config } from '../core/config.ts'
import type { AwsCredentials, Log } from '../core/ports.ts'
import { credentialsOf } from './credentials.ts'

/** What a Lambda environment says of itself; `AWS_*` is set by Lambda, the rest by the stack. */
export type Environment<Name extends string> = Record<Name, string> & {
  region: string
  credentials: () => Promise<AwsCredentials>
  /** Of another service than AWS's own, by the variables that AWS's SDKs read: tests set them. */
  endpoints: { dynamodb?: string; events?: string; secrets?: string }
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
  const secrets = env.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? env.AWS_ENDPOINT_URL
  return {
    ...set,
    region: need('AWS_REGION'),
    credentials: credentialsOf(env),
    endpoints: { ...(dynamodb && { dynamodb }), ...(events && { events }), ...(secrets && { secrets }) },
  }
}

/** The config as `cdk synth` has read and checked it; it lies beside the code, so no function parses YAML. */
export const bundledConfig = (door: string): Config =>
  JSON.parse(readFileSync(new URL('config.json', door), 'utf8')) as Config

/**
 * One JSON object per line, past `console`: Lambda puts a prefix before what `console` prints, and CloudWatch
 * reads these lines as JSON.
 */
export const jsonLog: Log = (level, message, fields = {}) => {
  process.stdout.write(`${JSON.stringify({ level, message, ...fields })}\n`)
}

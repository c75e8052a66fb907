import { existsSync, readFileSync } from 'node:fs'
import type { Config } from '../lib/core/config.ts'
import { loadConfig, printProblem } from '../lib/config/load.ts'
import { type FieldValues, readFields } from './settings-fields.ts'
import { conflicts } from './settings-conflicts.ts'

/** What a deployment can choose, by `-c name=value` or cdk.json: the fields by their names there, and the config. */
export type Settings = FieldValues & {
  /** `config`: the file, as given; what it says is in `config`. */
  configFile: string
  config: Config
}

export type Read = { settings: Settings | undefined; lines: string[] }

/** Reads settings and config. `lines` are for people: every warning and error; without settings, there was an error. */
export function readSettings(context: (name: string) => unknown, env: Record<string, string | undefined>): Read {
  const { values, lines } = readFields(context)
  lines.push(...conflicts(values, env['CDK_DEFAULT_REGION']))
  const file = context('config') ?? 'config.yaml'
  if (typeof file !== 'string' || file === '')
    lines.push(`context config: ${JSON.stringify(file)} cannot be used; give the path of a config file`)
  const failed = lines.length > 0
  const configFile = typeof file === 'string' ? file : ''
  const config = configFile === '' ? undefined : readConfig(configFile, env, lines)
  if (values.compute === 'web-function' && config?.deployments.some(({ shadow }) => shadow))
    lines.push(
      `${configFile}: warning silent_model has no effect in a web function, which may end with its last reply; give compute=function-url`,
    )
  return { settings: config && !failed ? { ...values, configFile, config } : undefined, lines }
}

function readConfig(file: string, env: Record<string, string | undefined>, lines: string[]): Config | undefined {
  if (!existsSync(file)) {
    lines.push(`${file}: no such file; name the config with -c config=path/to/config.yaml`)
    return undefined
  }
  const { config, problems } = loadConfig(readFileSync(file, 'utf8'), { file, env })
  lines.push(...problems.map(printProblem))
  if (!config) return undefined
  lines.push(
    ...written(config).map(
      (what) =>
        `${file}: warning ${what} is written in the file, so it travels in the functions' code; use os.environ/NAME and put it into the secret`,
    ),
  )
  // The stack's secret always has a master key, and every function must know the same one.
  return { ...config, masterKey: config.masterKey ?? { env: 'PURSER_MASTER_KEY' } }
}

/** Secrets that the file holds by value. */
function written(config: Config): string[] {
  const keys = config.deployments.flatMap((d) =>
    d.apiKey && 'value' in d.apiKey && d.apiKey.value ? [`the api_key of ${d.group}`] : [],
  )
  const master = config.masterKey && 'value' in config.masterKey ? ['master_key'] : []
  const webhooks = [config.slackWebhook, config.reportWebhook, config.alertWebhook]
  const webhook = webhooks.some((secret) => secret && 'value' in secret) ? ['a webhook for alerts'] : []
  return [...new Set([...keys, ...master, ...webhook])]
}

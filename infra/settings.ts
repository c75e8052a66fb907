import { existsSync, readFileSync } from 'node:fs'
import type { Config } from '../lib/core/config.ts'
import { loadConfig, printProblem } from '../lib/config/load.ts'

/** What a deployment can choose, by `-c name=value` or cdk.json. */
export type Settings = {
  /** `stack`: a second gateway in one account has another name. */
  stackName: string
  /** `config`: the file, as given; what it says is in `config`. */
  configFile: string
  config: Config
  /** `secret`: name of a secret that exists already; else the stack makes one. */
  secretName: string | undefined
  /** `alertEmail`: gets every alert and alarm; AWS asks it for confirmation first. */
  alertEmail: string | undefined
  /** `slackSecret`: name of a secret with SLACK_WEBHOOK_URL in it; else the stack's own secret is asked. */
  slackSecret: string | undefined
}

export type Read = { settings: Settings | undefined; lines: string[] }

/** Reads settings and config. `lines` are for people: every warning and error; without settings, there was an error. */
export function readSettings(context: (name: string) => unknown, env: Record<string, string | undefined>): Read {
  const lines: string[] = []
  const text = (name: string): string | undefined => {
    const value: unknown = context(name)
    if (value === undefined || (typeof value === 'string' && value !== '')) return value
    lines.push(`context ${name}: ${JSON.stringify(value)} is not a name; give it as -c ${name}=...`)
    return undefined
  }
  const configFile = text('config') ?? 'config.yaml'
  const names = {
    stackName: text('stack') ?? 'Purser',
    secretName: text('secret'),
    alertEmail: text('alertEmail'),
    slackSecret: text('slackSecret'),
  }
  lines.push(...complaints(names))
  const failed = lines.length > 0
  const config = readConfig(configFile, env, lines)
  return { settings: config && !failed ? { ...names, configFile, config } : undefined, lines }
}

function complaints(names: { stackName: string; alertEmail: string | undefined }): string[] {
  const lines: string[] = []
  if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(names.stackName))
    lines.push(`context stack: "${names.stackName}" is not a stack name; use letters, digits and hyphens`)
  if (names.alertEmail !== undefined && !/^[^\s@]+@[^\s@]+$/.test(names.alertEmail))
    lines.push(
      `context alertEmail: "${names.alertEmail}" is not an e-mail address; give one as -c alertEmail=ops@example.com`,
    )
  return lines
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
  const webhook = config.slackWebhook && 'value' in config.slackWebhook ? ['the Slack webhook'] : []
  return [...new Set([...keys, ...master, ...webhook])]
}

/** `npm run config -- check FILE`: every problem of a config, and what it would serve. Exit status 1 where it has errors. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { loadConfig, printProblem } from '../../lib/config/load.ts'
import { secretNames } from '../../lib/config/secrets.ts'
import type { Config, Fallbacks } from '../../lib/core/config.ts'
import type { Deployment } from '../../lib/core/deployment.ts'
import { priceOf } from '../../lib/providers/prices.ts'

type Printed = { text: string; ok: boolean }

/** What the command prints for a file, and whether the gateway would start with it. */
export function check(file: string, environment: Record<string, string | undefined>): Printed {
  if (!existsSync(file))
    return { text: `${file}: there is no such file; name your config: npm run config -- check FILE`, ok: false }
  const dotenv = join(dirname(file), '.env')
  const env = { ...(existsSync(dotenv) && parseEnv(readFileSync(dotenv, 'utf8'))), ...environment }
  const { config, problems } = loadConfig(readFileSync(file, 'utf8'), { file, env })
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const lines = problems.map(printProblem)
  lines.push(`${basename(file)}: ${counted(errors, 'error')}, ${counted(problems.length - errors, 'warning')}`)
  if (config) lines.push('', ...summary(config, env))
  return { text: lines.join('\n'), ok: config !== undefined }
}

const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`

function summary(config: Config, env: Record<string, string | undefined>): string[] {
  const groups = Map.groupBy(config.deployments, ({ group }) => group)
  const models = [...groups].flatMap(([group, deployments]) => [
    group,
    ...deployments.map((deployment) => `  ${deployment.provider}/${deployment.model}  ${priceWords(deployment)}`),
  ])
  const aliases = Object.entries(config.aliases).map(([alias, { model }]) => `${alias} -> ${model}`)
  const missing = secretNames(config).filter((name) => env[name] === undefined)
  return [
    `${counted(groups.size, 'model')}, ${counted(config.deployments.length, 'deployment')}`,
    ...models,
    ...titled('aliases', aliases),
    ...titled('fallbacks', fallbackLines(config.fallbacks)),
    ...titled('fallbacks for a full context window', fallbackLines(config.contextWindowFallbacks)),
    ...titled('fallbacks for refused content', fallbackLines(config.contentPolicyFallbacks)),
    ...titled('default fallbacks', config.defaultFallbacks),
    ...titled('not set in this environment', missing),
  ]
}

const titled = (title: string, lines: string[]) =>
  lines.length ? [`${title}:`, ...lines.map((line) => `  ${line}`)] : []

const fallbackLines = (fallbacks: Fallbacks) =>
  Object.entries(fallbacks).map(([model, targets]) => `${model} -> ${targets.join(', ')}`)

/** US$ per million tokens. */
function priceWords(deployment: Deployment): string {
  if (deployment.model.includes('*')) return 'priced by the model that is asked for'
  const price = priceOf(deployment, deployment.model)
  if (!price) return 'no price: refused under a hard budget (write input_cost_per_token and output_cost_per_token)'
  return `$${price.input / 1e6} in, $${price.output / 1e6} out per million tokens (${price.source})`
}

if (import.meta.main) {
  const [verb, file = 'config.yaml'] = process.argv.slice(2)
  const { text, ok } =
    verb === 'check' ? check(file, process.env) : { text: 'usage: npm run config -- check [FILE]', ok: false }
  console.log(text)
  process.exitCode = ok ? 0 : 1
}

import { readFileSync } from 'node:fs'
import { loadConfig, type Problem, printProblem } from '../config/load.ts'
import type { Config } from '../core/config.ts'
import type { Log } from '../core/ports.ts'
import { providers } from '../providers/rows.ts'
import type { ConfigFile } from './config-file.ts'
import type { CommonOptions, Env } from './options.ts'

/** The checked config. Warnings are logged. Throws one error that has every problem, with its place and its remedy. */
export function configure(options: Pick<CommonOptions, 'config' | 'configFile'>, env: Env, log: Log): Config {
  const { config: written, configFile } = options
  if (written && configFile !== undefined)
    throw new Error('createGateway was given both config and configFile: leave one of them out.')
  const isObject = configFile === undefined
  const text = isObject ? JSON.stringify(written ?? everyProvider(env)) : textOf(configFile)
  const { config, problems } = loadConfig(text, { file: configFile ?? 'config', env })
  const print = isObject ? printPlace : printProblem
  for (const problem of problems) if (problem.severity === 'warning') log('warn', print(problem))
  if (config) return config
  const errors = problems.filter(({ severity }) => severity === 'error')
  throw new Error(`The config has errors, so no gateway was made:\n${errors.map(print).join('\n')}`)
}

/** An object has no lines: where in it the problem is says enough. */
const printPlace = ({ key, value, message, remedy }: Problem): string =>
  `config${key && `.${key}`}${value === undefined ? '' : ` (${value})`}: ${message}; ${remedy}`

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`The config file ${file} cannot be read. Give configFile a path that can, or config an object.`, {
      cause: error,
    })
  }
}

/** What LiteLLM's library does without any config: a model is `provider/model`, its key the provider's variable. */
function everyProvider(env: Env): ConfigFile {
  const usable = providers.filter(
    ({ keyNames, baseUrl, variables, unserved }) =>
      unserved === undefined && baseUrl && !variables && keyNames.some((name) => env[name]),
  )
  if (!usable.length)
    throw new Error(
      'createGateway was given no config, and the environment has no key of a provider. Set one (OPENAI_API_KEY, ANTHROPIC_API_KEY, ...), or give config or configFile.',
    )
  return {
    model_list: usable
      .flatMap(({ id, aliases = [] }) => [id, ...aliases])
      .map((id) => ({ model_name: `${id}/*`, litellm_params: { model: `${id}/*` } })),
  }
}

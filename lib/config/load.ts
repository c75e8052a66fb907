import type { Config } from '../core/config.ts'
import type { Deployment, Secret } from '../core/deployment.ts'
import { isObject, type JsonObject, listOf } from '../core/json.ts'
import { askedModels } from './asked-models.ts'
import { checkKeys } from './check-keys.ts'
import { readDeployments } from './deployments.ts'
import { readDocument } from './document.ts'
import { generalKeys, type KeyTable, litellmKeys, routerKeys, topKeys } from './keys.ts'
import type { Problem } from './problem.ts'
import { type Reading, reading, referenceIn, section, textOf } from './reading.ts'
import { readRouting } from './routing.ts'
import { readTracing } from './tracing.ts'
import { checkCallbacks, readGeneral, readLitellm } from './settings.ts'

export { type Problem, printProblem } from './problem.ts'

/** `file` is only a name for messages. `env`: what `os.environ/NAME` stands for in values that are no secrets. */
export type LoadOptions = { file: string; env?: Record<string, string | undefined> }

/**
 * LiteLLM's `config.yaml` (LiteLLM survey, section 2). All problems at once, in the order of the file; there is a config
 * exactly if none of them is an error. Keys, tokens, base URLs and webhooks stay names: their values are read when used.
 */
export function loadConfig(text: string, options: LoadOptions): { config: Config | undefined; problems: Problem[] } {
  const { file, env = {} } = options
  const document = readDocument(text, file)
  const environment = environmentOf(document.value)
  const context = reading({ document, file, env, environment })
  const config = document.problems.length ? undefined : readConfig(document.value, environment, context)
  const problems = [...document.problems, ...context.problems].sort((a, b) => a.line - b.line || a.column - b.column)
  return { config: problems.some(({ severity }) => severity === 'error') ? undefined : config, problems }
}

/** `environment_variables`, which LiteLLM exports into its process: here, values by name, or other names. */
function environmentOf(value: unknown): Record<string, Secret> {
  const variables = isObject(value) && isObject(value.environment_variables) ? value.environment_variables : {}
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, item]): [string, Secret][] => {
      const text = textOf(item)
      if (text === undefined) return []
      const other = referenceIn(text)
      return [[name, other === undefined ? { value: text } : { env: other }]]
    }),
  )
}

const longestTimeout = (deployments: readonly Deployment[], timeoutMs: number): number =>
  Math.max(timeoutMs, ...deployments.map((deployment) => deployment.timeoutMs ?? 0))

const groupNames = (list: unknown): string[] => [
  ...new Set(listOf(list).flatMap((entry) => (isObject(entry) ? (textOf(entry.model_name) ?? []) : []))),
]

function readConfig(value: unknown, environment: Record<string, Secret>, context: Reading): Config | undefined {
  const file = value === undefined || value === null ? {} : section(value, [], context)
  if (!file) return undefined
  checkKeys(file, topKeys, { path: [], reading: context, unknown: 'error' })
  const part = (name: string, table?: KeyTable): JsonObject => {
    const found = section(file[name], [name], context) ?? {}
    if (table) checkKeys(found, table, { path: [name], reading: context, unknown: 'error' })
    return found
  }
  const router = part('router_settings', routerKeys)
  const litellm = part('litellm_settings', litellmKeys)
  const general = part('general_settings', generalKeys)
  part('environment_variables')
  checkCallbacks(litellm, file.guardrails, context)
  const shared = { credentials: file.credential_list, defaults: router.default_litellm_params, environment }
  const deployments = readDeployments(file.model_list, shared, context)
  const groups = groupNames(file.model_list)
  const routing = readRouting({ router, litellm }, { deployments, groups }, context)
  return {
    deployments,
    ...askedModels(deployments),
    ...routing,
    ...readGeneral(general, { environment, longestMs: longestTimeout(deployments, routing.timeoutMs) }, context),
    ...readLitellm(litellm, context),
    ...readTracing({ general, litellm }, context),
    environment,
  }
}

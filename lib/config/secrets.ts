import type { Config } from '../core/config.ts'
import type { Secret } from '../core/deployment.ts'
import { providerOf } from '../providers/rows.ts'

/**
 * Every name whose value the config leaves to the environment or to the stack's secret, sorted: keys and base URLs of
 * deployments (those of the provider's row where the entry has no key), the master key, the webhooks.
 */
export function secretNames(config: Config): string[] {
  const names = new Set<string>()
  const add = (secret: Secret | undefined) => {
    if (secret && 'env' in secret) names.add(secret.env)
  }
  for (const deployment of config.deployments) {
    add(deployment.apiBase)
    add(deployment.apiKey)
    for (const part of ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const) add(deployment.aws?.[part])
    for (const secret of Object.values(deployment.aws?.role ?? {})) add(secret)
    const provider = providerOf(deployment.provider)
    for (const [name, variable] of Object.entries(deployment.variables ?? {}))
      if (!provider?.variables?.[name]?.given) add(variable)
    const [name] = provider?.keyNames ?? []
    if (!deployment.apiKey && !provider?.keyless && name !== undefined) names.add(name)
  }
  add(config.masterKey)
  for (const webhook of [config.slackWebhook, config.reportWebhook, config.alertWebhook]) add(webhook)
  for (const secret of Object.values(config.environment)) add(secret)
  return [...names].sort()
}

/** What the config wrote down, or what the name it wrote down stands for; undefined where nobody has set it. */
export const secretValue = async (
  secret: Secret,
  get: (name: string) => Promise<string | undefined>,
): Promise<string | undefined> => ('value' in secret ? secret.value : get(secret.env))

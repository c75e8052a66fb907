import type { Config } from '../core/config.ts'
import type { Deployment } from '../core/deployment.ts'
import { publishedOf } from '../providers/catalogue.ts'
import { providerOf } from '../providers/rows.ts'

/** What is published of the models that models of these deployments may ask at their providers: they are billed with the answer. */
export function askedModels(deployments: readonly Deployment[]): Pick<Config, 'askedModels'> {
  const found: NonNullable<Config['askedModels']> = {}
  for (const deployment of deployments) {
    const asked = providerOf(deployment.provider)?.askedModels
    if (!asked || deployment.provider in found) continue
    const { baseModel: _, ...own } = deployment
    const { knownModels = {} } = publishedOf({ ...own, model: '*' })
    const fitting = Object.entries(knownModels).filter(([name]) => asked.test(name))
    found[deployment.provider] = Object.fromEntries(fitting)
  }
  return Object.keys(found).length === 0 ? {} : { askedModels: found }
}

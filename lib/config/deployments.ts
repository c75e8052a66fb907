import type { Deployment, Secret } from '../core/deployment.ts'
import { listOf, objectOf } from '../core/json.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import { deploymentsOf } from './deployment.ts'
import { readEntry } from './entry.ts'
import type { Reading } from './reading.ts'

/** What entries share: `credential_list`, `router_settings.default_litellm_params`, and `environment_variables`. */
export type Shared = { credentials: unknown; defaults: unknown; environment: Record<string, Secret> }

/** The deployments of `model_list`. An entry that is wrong is left out, with every problem it has. */
export function readDeployments(list: unknown, shared: Shared, reading: Reading): Deployment[] {
  if (list === undefined || list === null) {
    reading.error([], 'has no model_list', 'write model_list with at least one model')
    return []
  }
  if (!Array.isArray(list) || !list.length)
    reading.error(
      ['model_list'],
      Array.isArray(list) ? 'has no models' : 'is not a list of models',
      'write one `- model_name: ...` entry per deployment',
    )
  const credentials: Credentials = readCredentials(shared.credentials, reading)
  const defaults = objectOf(shared.defaults)
  const entries = listOf(list).map((value, index) => {
    const entry = readEntry(value, { path: ['model_list', index], reading, credentials, defaults })
    return entry ? deploymentsOf(entry, shared.environment, reading) : []
  })
  return distinct(entries, reading)
}

/** Ids name deployments in the ledger and in fallbacks: an id given twice is a mistake; equal entries are told apart. */
function distinct(entries: Deployment[][], reading: Reading): Deployment[] {
  const seen = new Set<string>()
  return entries.flatMap((deployments, index) =>
    deployments.map((deployment) => {
      let { id } = deployment
      if (seen.has(id) && deployment.info.id !== undefined)
        reading.error(
          ['model_list', index, 'model_info', 'id'],
          'is the id of two deployments',
          'give each its own, or leave it out',
        )
      for (let n = 2; seen.has(id); n++) id = `${deployment.id}-${n}`
      seen.add(id)
      return { ...deployment, id }
    }),
  )
}

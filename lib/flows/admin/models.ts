import type { Deployment, Secret } from '../../core/deployment.ts'
import { jsonReply } from '../../core/http.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { isObject } from '../../core/json.ts'
import type { PicoPerToken, Price } from '../../core/money.ts'
import { limitsOf, priceOf } from '../../providers/prices.ts'
import { invalid } from './input.ts'
import type { Handler } from './request.ts'

/** GET /model/info: every deployment of the config with its price and limits, without anything that opens a door. */
export const infoOfModels: Handler = async ({ config, query }) => {
  const id = query['litellm_model_id']
  const found = config.deployments.filter((deployment) => !id || deployment.id === id)
  if (id && !found.length)
    throw invalid('litellm_model_id', `Model id = ${id} not found on the gateway. /model/info without it has them all.`)
  return jsonReply(200, { data: found.map(modelRow) })
}

/** GET /model_group/info: the same, by public name. */
export const infoOfGroups: Handler = async ({ config, query }) => {
  const wanted = query['model_group']
  const groups = Map.groupBy(config.deployments, (deployment) => deployment.group)
  const rows = [...groups].filter(([name]) => !wanted || name === wanted)
  return jsonReply(200, { data: rows.map(([name, deployments]) => groupRow(name, deployments)) })
}

const modelRow = (deployment: Deployment) => ({
  model_name: deployment.group,
  litellm_params: {
    ...(withoutSecrets(deployment.params) as JsonObject),
    model: `${deployment.provider}/${deployment.model}`,
    ...(deployment.apiBase && { api_base: publicBase(deployment.apiBase) }),
    ...(deployment.apiVersion !== undefined && { api_version: deployment.apiVersion }),
    ...(deployment.weight !== undefined && { weight: deployment.weight }),
    ...(deployment.rpm !== undefined && { rpm: deployment.rpm }),
    ...(deployment.tpm !== undefined && { tpm: deployment.tpm }),
    ...(deployment.order !== undefined && { order: deployment.order }),
  },
  model_info: {
    ...(withoutSecrets(deployment.info) as JsonObject),
    id: deployment.id,
    db_model: false,
    mode: deployment.mode,
    litellm_provider: deployment.provider,
    ...factsOf(deployment),
  },
})

/** An address is told without the user and password that it may carry; one that is named by a variable, by that name. */
function publicBase(base: Secret): string {
  if ('env' in base) return `os.environ/${base.env}`
  try {
    const url = new URL(base.value)
    return `${url.origin}${url.pathname === '/' ? '' : url.pathname}`
  } catch {
    return ''
  }
}

const secretName = /key|secret|password|credential|authorization|headers|cookie|(^|_)token$/i

function withoutSecrets(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([name]) => !secretName.test(name))
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutSecrets(inner)]))
}

const perToken = (pico: PicoPerToken | undefined) => (pico === undefined ? null : pico / 1e12)

function factsOf(deployment: Deployment) {
  const price: Price | undefined = priceOf(deployment, deployment.model)
  const { maxInput, maxOutput } = limitsOf(deployment, deployment.model)
  return {
    max_input_tokens: maxInput ?? null,
    max_output_tokens: maxOutput ?? null,
    max_tokens: maxOutput ?? null,
    input_cost_per_token: perToken(price?.input),
    output_cost_per_token: perToken(price?.output),
    cache_read_input_token_cost: perToken(price?.cached),
    cache_creation_input_token_cost: perToken(price?.cacheWrite),
    price_source: price?.source ?? null,
  }
}

const most = (values: (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length ? Math.max(...known) : null
}

const sum = (values: (number | undefined)[]): number | null => {
  const known = values.filter((value) => value !== undefined)
  return known.length ? known.reduce((a, b) => a + b, 0) : null
}

/** LiteLLM's ModelGroupInfo: the largest limits and the highest prices of the group's deployments. */
function groupRow(name: string, deployments: Deployment[]) {
  const facts = deployments.map(factsOf)
  return {
    model_group: name,
    providers: [...new Set(deployments.map((deployment) => deployment.provider))],
    max_input_tokens: most(facts.map((fact) => fact.max_input_tokens)),
    max_output_tokens: most(facts.map((fact) => fact.max_output_tokens)),
    input_cost_per_token: most(facts.map((fact) => fact.input_cost_per_token)),
    output_cost_per_token: most(facts.map((fact) => fact.output_cost_per_token)),
    mode: deployments[0]?.mode ?? 'chat',
    tpm: sum(deployments.map((deployment) => deployment.tpm)),
    rpm: sum(deployments.map((deployment) => deployment.rpm)),
  }
}

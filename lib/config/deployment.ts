import { createHash } from 'node:crypto'
import { type Deployment, type Secret, streamRecoveries } from '../core/deployment.ts'
import type { JsonObject } from '../core/json.ts'
import { connection } from './connection.ts'
import { defaultParameters } from './default-parameters.ts'
import { withPrice } from './deployment-price.ts'
import type { Path } from './document.ts'
import type { Entry } from './entry.ts'
import { amount, count, flag, headers, object, oneOf, positive, readFields, seconds, text, texts } from './fields.ts'
import { readOwnBalancing } from './balancing.ts'
import { dialectOf, modeOf } from './mode.ts'
import { readModel, type UpstreamModel } from './model.ts'
import type { Reading } from './reading.ts'
import { readOwnSelection, withRegion } from './selection.ts'

const paramShape = {
  model: text,
  custom_llm_provider: text,
  organization: texts,
  rpm: count,
  tpm: count,
  weight: amount,
  order: count,
  timeout: seconds,
  stream_timeout: seconds,
  num_retries: count,
  stream_recovery: oneOf(...streamRecoveries),
  supports_assistant_prefill: flag,
  drop_params: flag,
  additional_drop_params: texts,
  extra_headers: headers,
  headers,
  extra_body: object,
  base_model: text,
}
const infoShape = {
  id: text,
  mode: text,
  base_model: text,
  max_tokens: positive,
  max_input_tokens: positive,
  max_output_tokens: positive,
  supports_assistant_prefill: flag,
  supports_web_search: flag,
  blocked: flag,
}
type Params = ReturnType<typeof readFields<typeof paramShape>>
type Info = ReturnType<typeof readFields<typeof infoShape>>

/** An entry's deployments: one, or one per organization; none where it is wrong or is not served. */
export function deploymentsOf(entry: Entry, environment: Record<string, Secret>, reading: Reading): Deployment[] {
  const path = [...entry.path, 'litellm_params']
  const { model_name: group } = readFields({ model_name: text }, entry.entry, entry.path, reading)
  const params = readFields(paramShape, entry.params, path, reading)
  const info = readFields(infoShape, entry.info, [...entry.path, 'model_info'], reading)
  const upstream =
    params.model === undefined ? undefined : readModel(params.model, params.custom_llm_provider, { path, reading })
  if (group === undefined || !upstream) return []
  const mode = modeOf(info, upstream)
  if (!mode || info.blocked) {
    const [key, what] = mode
      ? ['blocked', 'the model is blocked']
      : ['mode', 'is a kind of model that is not served yet']
    reading.warn([...entry.path, 'model_info', key], what, 'the deployment is left out')
    return []
  }
  checkWildcard(group, upstream, { path, reading })
  const deployment: Deployment = {
    id: info.id ?? hashOf(entry.entry),
    group,
    provider: upstream.provider.id,
    model: upstream.model,
    ...dialectOf(upstream, info),
    ...connection(entry.params, { provider: upstream.provider, environment, path, reading }),
    headers: { ...params.headers, ...params.extra_headers },
    params: { ...defaultParameters(entry.params, path, reading), ...params.extra_body },
    ...routingOf(entry, params, reading),
    ...readOwnBalancing(entry, reading),
    ...readOwnSelection(entry, reading),
    ...modelOf(params, info),
    ...recoveryOf(params, info),
    mode,
    info: entry.info,
  }
  return perOrganization(
    withPrice(withRegion(deployment), { entry, upstream, path, reading }),
    params.organization ?? [],
  )
}

/** A star in the model stands for what the star in the public name matched. */
function checkWildcard(
  group: string,
  { model }: UpstreamModel,
  { path, reading }: { path: Path; reading: Reading },
): void {
  if (model.includes('*') && !group.includes('*'))
    reading.error([...path, 'model'], 'has a * that model_name has not', 'write * in model_name too, or name one model')
  if (group.split('*').length > 2)
    reading.error([...path.slice(0, -1), 'model_name'], 'has more than one *', 'write one * at most')
}

function routingOf({ entry, path }: Entry, params: Params, reading: Reading): Partial<Deployment> {
  // LiteLLM's documentation shows rpm and tpm in either place.
  const { rpm, tpm } = { ...readFields({ rpm: count, tpm: count }, entry, path, reading), ...params }
  const {
    weight,
    order,
    timeout,
    stream_timeout: streamTimeout,
    num_retries: retries,
    drop_params: dropParams,
  } = params
  return {
    ...(rpm !== undefined && { rpm }),
    ...(tpm !== undefined && { tpm }),
    ...(weight !== undefined && { weight }),
    ...(order !== undefined && { order }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(streamTimeout !== undefined && { streamTimeoutMs: streamTimeout }),
    ...(retries !== undefined && { retries }),
    ...(dropParams !== undefined && { dropParams }),
  }
}

/** `supports_assistant_prefill` is LiteLLM's name for it, which it keeps in `model_info`. */
function recoveryOf(params: Params, info: Info): Partial<Deployment> {
  const acceptsPrefill = params.supports_assistant_prefill ?? info.supports_assistant_prefill
  return {
    ...(params.stream_recovery !== undefined && { streamRecovery: params.stream_recovery }),
    ...(acceptsPrefill !== undefined && { acceptsPrefill }),
  }
}

function modelOf(params: Params, info: Info): Pick<Deployment, 'additionalDropParams'> & Partial<Deployment> {
  const baseModel = params.base_model ?? info.base_model
  const maxOutputTokens = info.max_output_tokens ?? info.max_tokens
  return {
    additionalDropParams: params.additional_drop_params ?? [],
    ...(info.supports_web_search === true && { webSearch: true }),
    ...(baseModel !== undefined && { baseModel }),
    ...(info.max_input_tokens !== undefined && { maxInputTokens: info.max_input_tokens }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
  }
}

function perOrganization(deployment: Deployment, organizations: readonly string[]): Deployment[] {
  if (!organizations.length) return [deployment]
  return organizations.map((organization, n) => ({
    ...deployment,
    id: n ? `${deployment.id}-${n + 1}` : deployment.id,
    organization,
  }))
}

/** A short name for an entry that gives itself none: the same as long as the entry is. */
const hashOf = (entry: JsonObject): string =>
  createHash('sha256').update(JSON.stringify(entry)).digest('hex').slice(0, 16)

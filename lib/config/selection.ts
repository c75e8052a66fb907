import { type CanarySettings, defaultCanary } from '../core/canary.ts'
import type { Config } from '../core/config.ts'
import type { Deployment } from '../core/deployment.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Path } from './document.ts'
import { amount, flag, object, positive, readFields, seconds, text, texts } from './fields.ts'
import { inferredRegion } from './regions.ts'
import type { Reading } from './reading.ts'

type Find = (key: string) => { value: Json; path: Path } | undefined
type Selection = Pick<Config, 'tagFiltering' | 'preCallChecks' | 'canary'>

const flags = { enable_tag_filtering: flag, tag_filtering_match_any: flag, enable_pre_call_checks: flag }

/** Which deployments of a group may serve a request, and how canaries are judged: keys that stand in either section (`find`). */
export function readSelection(find: Find, reading: Reading): Selection {
  const read = (key: keyof typeof flags) => {
    const found = find(key)
    return found && readFields({ [key]: flag }, { [key]: found.value }, found.path.slice(0, -1), reading)[key]
  }
  const canary = find('canary')
  return {
    ...(read('enable_tag_filtering') === true && {
      tagFiltering: read('tag_filtering_match_any') === false ? 'all' : 'any',
    }),
    ...(read('enable_pre_call_checks') === true && { preCallChecks: true }),
    ...(canary && { canary: judgement(canary.value, canary.path, reading) }),
  }
}

const canaryShape = {
  sticky_by: text,
  max_error_increase: amount,
  max_latency_ratio: amount,
  min_calls: positive,
  window: seconds,
}

function judgement(value: Json, path: Path, reading: Reading): CanarySettings {
  const section = readFields({ canary: object }, { canary: value }, path.slice(0, -1), reading).canary ?? {}
  for (const key of Object.keys(section))
    if (!(key in canaryShape))
      reading.error([...path, key], 'unknown setting', `write one of ${Object.keys(canaryShape).join(', ')}`)
  const fields = readFields(canaryShape, section, path, reading)
  if (fields.max_latency_ratio !== undefined && fields.max_latency_ratio < 1)
    reading.error(
      [...path, 'max_latency_ratio'],
      'must be 1 or more',
      'write how many times slower it may be, such as 1.5',
    )
  if (fields.max_error_increase !== undefined && fields.max_error_increase > 1)
    reading.error([...path, 'max_error_increase'], 'is more than 1', 'write a share: 0.05 is five in a hundred')
  return {
    stickyBy: stickyBy(fields.sticky_by),
    maxErrorIncrease: fields.max_error_increase ?? defaultCanary.maxErrorIncrease,
    maxLatencyRatio: fields.max_latency_ratio ?? defaultCanary.maxLatencyRatio,
    minCalls: fields.min_calls ?? defaultCanary.minCalls,
    windowMs: fields.window ?? defaultCanary.windowMs,
  }
}

const stickyBy = (written: string | undefined): CanarySettings['stickyBy'] =>
  written === undefined
    ? defaultCanary.stickyBy
    : written === 'key' || written === 'end_user' || written === 'request'
      ? written
      : { header: written.toLowerCase() }

const ownShape = {
  tags: texts,
  region_name: text,
  canary: amount,
  silent_model: text,
  silent_sample_rate: amount,
}

type Entry = { params: JsonObject; path: Path }

/** What a deployment says for itself: its tags, where it is, its share while it is on trial, who gets copies of its requests. */
export function readOwnSelection({ params, path }: Entry, reading: Reading): Partial<Deployment> {
  const at = [...path, 'litellm_params']
  const fields = readFields(ownShape, params, at, reading)
  for (const key of ['canary', 'silent_sample_rate'] as const)
    if ((fields[key] ?? 0) > 1)
      reading.error([...at, key], 'is more than 1', 'write a share: 0.05 is five in a hundred, 1 is all')
  if (fields.silent_sample_rate !== undefined && fields.silent_model === undefined)
    reading.warn([...at, 'silent_sample_rate'], 'has no effect', 'name the group that gets the copies: silent_model')
  return {
    ...(fields.tags !== undefined && { tags: fields.tags }),
    ...(fields.region_name !== undefined && { region: fields.region_name.toLowerCase() }),
    ...(fields.canary !== undefined && { canary: fields.canary }),
    // LiteLLM copies every request.
    ...(fields.silent_model !== undefined && {
      shadow: { model: fields.silent_model, share: fields.silent_sample_rate ?? 1 },
    }),
  }
}

/** The deployment with the region that its address shows, where the entry names none. */
export function withRegion(deployment: Deployment): Deployment {
  const region = deployment.region ?? inferredRegion(deployment)
  return region === undefined ? deployment : { ...deployment, region }
}

/** Whether what deployments say of each other makes sense: copies need a group that is served, a canary needs a baseline. */
export function checkSelection(
  { deployments, known }: { deployments: readonly Deployment[]; known: (name: string) => boolean },
  reading: Reading,
): void {
  for (const { id, shadow } of deployments)
    if (shadow && !known(shadow.model))
      reading.error(
        ['model_list'],
        `silent_model of ${id} is ${shadow.model}, which no model is named`,
        'add that model to model_list, or leave silent_model out',
      )
  for (const [group, members] of Map.groupBy(deployments, (deployment) => deployment.group)) {
    const canaries = members.filter(({ canary }) => canary !== undefined)
    const sum = canaries.reduce((total, { canary = 0 }) => total + canary, 0)
    if (sum > 1)
      reading.error(['model_list'], `the canaries of ${group} get ${sum} of its traffic`, 'shares add up to 1 at most')
    if (canaries.length === members.length && sum < 1)
      reading.error(
        ['model_list'],
        `${group} has canaries alone, and nobody to serve the rest of its traffic`,
        'leave canary out of one of its deployments, or write canary: 1',
      )
  }
}

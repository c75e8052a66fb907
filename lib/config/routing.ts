import type { Config } from '../core/config.ts'
import type { Deployment } from '../core/deployment.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { readBalancing } from './balancing.ts'
import type { Path } from './document.ts'
import { checkFallbacks, checkNames, nameCheck, readAliases, readFallbacks } from './fallbacks.ts'
import { count, flag, readFields, seconds, texts, waiting } from './fields.ts'
import type { Reading } from './reading.ts'
import { readGroupRetryPolicies, readRetryPolicy } from './retry-policy.ts'
import { checkSelection, readSelection } from './selection.ts'

/** The part of the config that steers who is asked, and how long. */
export type Routing = Pick<
  Config,
  | 'aliases'
  | 'fallbacks'
  | 'defaultFallbacks'
  | 'contextWindowFallbacks'
  | 'contentPolicyFallbacks'
  | 'maxFallbacks'
  | 'retries'
  | 'retryAfterMs'
  | 'timeoutMs'
  | 'streamTimeoutMs'
  | 'streamPatienceMs'
  | 'dropParams'
  | 'retryPolicy'
  | 'groupRetryPolicies'
  | 'routing'
  | 'tagFiltering'
  | 'preCallChecks'
  | 'canary'
>

const shape = {
  num_retries: count,
  retry_after: waiting,
  max_fallbacks: count,
  timeout: seconds,
  stream_timeout: seconds,
  request_timeout: seconds,
  default_fallbacks: texts,
  drop_params: flag,
}

/** LiteLLM waits 6000 s by default, longer than any provider answers or any platform of ours lives: 600 s here. */
const defaultTimeoutMs = 600_000
/** Nothing arriving is worth a minute of waiting; models that think for longer before their first word say so (`stream_timeout`). */
const defaultStreamTimeoutMs = 60_000
/** Below the fifteen seconds after which people take a chat for dead; a model that thinks first is given all of `stream_timeout`. */
const defaultStreamPatienceMs = 12_000

/** The knobs that LiteLLM reads in two sections; `router_settings` wins. */
export function readRouting(
  sections: { router: JsonObject; litellm: JsonObject },
  served: { deployments: readonly Deployment[]; groups: readonly string[] },
  reading: Reading,
): Routing {
  const litellm = readFields(shape, sections.litellm, ['litellm_settings'], reading)
  const router = readFields(shape, sections.router, ['router_settings'], reading)
  const knobs = { ...litellm, ...router }
  const find = finder(sections)
  const aliased = find('model_group_alias')
  const aliases = aliased ? readAliases(aliased.value, aliased.path, reading) : {}
  const known = nameCheck({ ...served, aliases })
  const context = { known, names: served.groups, reading }
  for (const [alias, { model }] of Object.entries(aliases))
    if (aliased) checkNames(model, [...aliased.path, alias], context)
  checkSelection({ deployments: served.deployments, known }, reading)
  const byModel = (key: string) => {
    const found = find(key)
    if (!found) return {}
    checkFallbacks(found.value, found.path, context)
    return readFallbacks(found.value, found.path, reading)
  }
  const defaults = find('default_fallbacks')
  if (defaults) checkNames(defaults.value, defaults.path, context)
  return {
    aliases,
    fallbacks: byModel('fallbacks'),
    contextWindowFallbacks: byModel('context_window_fallbacks'),
    contentPolicyFallbacks: byModel('content_policy_fallbacks'),
    defaultFallbacks: knobs.default_fallbacks ?? [],
    maxFallbacks: knobs.max_fallbacks ?? 5,
    retries: knobs.num_retries ?? 2,
    ...retryPolicies(find, reading),
    routing: readBalancing(find, reading),
    ...readSelection(find, reading),
    retryAfterMs: knobs.retry_after ?? 0,
    timeoutMs:
      router.timeout ?? router.request_timeout ?? litellm.request_timeout ?? litellm.timeout ?? defaultTimeoutMs,
    streamTimeoutMs: knobs.stream_timeout ?? defaultStreamTimeoutMs,
    ...(knobs.stream_timeout === undefined && { streamPatienceMs: defaultStreamPatienceMs }),
    dropParams: knobs.drop_params ?? false,
  }
}

function retryPolicies(
  find: ReturnType<typeof finder>,
  reading: Reading,
): Pick<Config, 'retryPolicy' | 'groupRetryPolicies'> {
  const policy = find('retry_policy')
  const groups = find('model_group_retry_policy')
  return {
    ...(policy && { retryPolicy: readRetryPolicy(policy.value, policy.path, reading) }),
    ...(groups && { groupRetryPolicies: readGroupRetryPolicies(groups.value, groups.path, reading) }),
  }
}

/** Where a key stands that may stand in either section. */
const finder =
  ({ router, litellm }: { router: JsonObject; litellm: JsonObject }) =>
  (key: string): { value: Json; path: Path } | undefined => {
    const [name, section] = router[key] === undefined ? ['litellm_settings', litellm] : ['router_settings', router]
    const value = section[key]
    return value === undefined ? undefined : { value, path: [name, key] }
  }

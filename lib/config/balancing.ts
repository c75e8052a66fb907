import type { Deployment } from '../core/deployment.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { defaultRouting, routingStrategies, type RoutingSettings } from '../core/routing.ts'
import { readAllowedFails } from './allowed-fails.ts'
import type { Path } from './document.ts'
import { amount, count, flag, object, oneOf, readFields, seconds, waiting } from './fields.ts'
import type { Reading } from './reading.ts'

type Found = { value: Json; path: Path } | undefined

/** LiteLLM's default. Written out it changes nothing; any other number makes counting the only rule. */
const defaultAllowedFails = 3

const shape = {
  routing_strategy: oneOf(...routingStrategies),
  routing_strategy_args: object,
  cooldown_time: waiting,
  disable_cooldowns: flag,
  allowed_fails: count,
}

/** Who is asked first, and who is left alone after failures: keys that stand in either section (`find`). */
export function readBalancing(find: (key: string) => Found, reading: Reading): RoutingSettings {
  const read = <K extends keyof Shape>(key: K) => readOne(key, find(key), reading)
  const allowed = read('allowed_fails')
  const policy = find('allowed_fails_policy')
  return {
    ...defaultRouting,
    ...argumentsOf(find('routing_strategy_args'), reading),
    strategy: read('routing_strategy') ?? defaultRouting.strategy,
    cooldownMs: read('cooldown_time') ?? defaultRouting.cooldownMs,
    disableCooldowns: read('disable_cooldowns') ?? defaultRouting.disableCooldowns,
    ...(allowed !== undefined && allowed !== defaultAllowedFails && { allowedFails: allowed }),
    ...(policy && { allowedFailsPolicy: readAllowedFails(policy.value, policy.path, reading) }),
  }
}

type Shape = typeof shape

/** One key, wherever it stands. */
const readOne = <K extends keyof Shape>(key: K, found: Found, reading: Reading) =>
  found &&
  readFields({ [key]: shape[key] } as Pick<Shape, K>, { [key]: found.value }, found.path.slice(0, -1), reading)[key]

const argumentShape = { ttl: seconds, lowest_latency_buffer: amount }

/** Of `latency-based-routing`; those of other strategies have no counterpart here. */
function argumentsOf(found: Found, reading: Reading): Partial<RoutingSettings> {
  const given = readOne('routing_strategy_args', found, reading)
  if (!found || !given) return {}
  const { ttl, lowest_latency_buffer: buffer } = readFields(argumentShape, given, found.path, reading)
  for (const key of Object.keys(given))
    if (!(key in argumentShape))
      reading.warn([...found.path, key], 'has no effect here', 'ttl and lowest_latency_buffer are read')
  return {
    ...(ttl !== undefined && { latencyTtlMs: ttl }),
    ...(buffer !== undefined && { latencyBuffer: buffer }),
  }
}

const breakerShape = { cooldown_time: waiting, allowed_fails: count }
const hedgeShape = { hedge: flag, hedge_after: seconds }

type Entry = { params: JsonObject; info: JsonObject; path: Path }
type OwnBalancing = Pick<Deployment, 'cooldownMs' | 'hedgeAfter' | 'allowedFails' | 'allowedFailsPolicy'>

/** What a deployment says for itself: the breaker's keys in `litellm_params` or `model_info` (LiteLLM's documentation shows either), hedging. */
export function readOwnBalancing({ params, info, path }: Entry, reading: Reading): OwnBalancing {
  const at = [...path, 'litellm_params']
  const infoAt = [...path, 'model_info']
  const fields = {
    ...readFields(breakerShape, info, infoAt, reading),
    ...readFields(breakerShape, params, at, reading),
  }
  const [policy, policyAt] =
    params.allowed_fails_policy === undefined ? [info.allowed_fails_policy, infoAt] : [params.allowed_fails_policy, at]
  const hedgeAfter = hedgeOf(params, at, reading)
  return {
    ...(fields.cooldown_time !== undefined && { cooldownMs: fields.cooldown_time }),
    ...(fields.allowed_fails !== undefined && { allowedFails: fields.allowed_fails }),
    ...(policy !== undefined && {
      allowedFailsPolicy: readAllowedFails(policy, [...policyAt, 'allowed_fails_policy'], reading),
    }),
    ...(hedgeAfter !== undefined && { hedgeAfter }),
  }
}

function hedgeOf(params: JsonObject, path: Path, reading: Reading): 'p95' | number | undefined {
  const { hedge_after: after } = params
  const plain = after === 'p95'
  const fields = readFields(hedgeShape, plain ? { ...params, hedge_after: null } : params, path, reading)
  if (fields.hedge === false) return undefined
  return fields.hedge_after ?? (plain || fields.hedge === true ? 'p95' : undefined)
}

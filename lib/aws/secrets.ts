import type { GetSecretValueCommandOutput } from '@aws-sdk/client-secrets-manager'
import type { Config } from '../core/config.ts'
import { isObject, stringOf, tryParse } from '../core/json.ts'
import type { Clock, Secrets } from '../core/ports.ts'

export type SecretsManagerOptions = {
  /** Reads the secret's current value; see `getSecret`. */
  read: () => Promise<string | undefined>
  /** For messages. */
  secretId: string
  /** How long a value is used before it is read again. */
  ttlMs: number
  clock: Pick<Clock, 'now'>
}

/** How long a value that a provider refuses is left alone after it was found unchanged: doubled each time, up to the longest. */
const firstPauseMs = 5000
const longestPauseMs = 60_000
/** How long a value that was found changed is taken for new. */
const renewedMs = 1000

/**
 * One JSON secret holds every provider's key by the name the config gives it: `{"OPENAI_API_KEY": "sk-...", ...}`. One
 * secret means one read at a cold start and one place to look; who may read it is one ARN in a policy either way, because
 * the gateway needs them all. Concurrent readers share one read. A read that fails serves the old value where there is one:
 * a moment's trouble at Secrets Manager must not stop the gateway; without one it rejects.
 *
 * `fresh` reads anew, because a provider has refused the value. Where a name's value turns out to be the same, the key is
 * dead and not rotated: that name is then read anew only after a growing pause, so that a dead key is no storm of reads.
 */
export function secretsManager(options: SecretsManagerOptions): Secrets {
  let known: { values: Record<string, unknown>; at: number } | undefined
  let running: Promise<Record<string, unknown>> | undefined

  const load = async () => {
    const values = parse(await options.read(), options.secretId)
    known = { values, at: options.clock.now() }
    return values
  }
  const pauses = new Map<string, { ms: number; until: number }>()

  const values = (fresh: boolean) => {
    if (known && !fresh && options.clock.now() - known.at < options.ttlMs) return known.values
    running ??= load().finally(() => (running = undefined))
    return running
  }

  const current = async (name: string, fresh: boolean) => {
    try {
      return stringOf((await values(fresh))[name]) || undefined
    } catch (error) {
      if (!known) throw error
      return stringOf(known.values[name]) || undefined
    }
  }

  const renewed = async (name: string) => {
    const pause = pauses.get(name)
    if (pause && options.clock.now() < pause.until) return current(name, running !== undefined)
    const before = known && stringOf(known.values[name])
    const ms = Math.min((pause?.ms ?? firstPauseMs / 2) * 2, longestPauseMs)
    // Set before the read: those that come while it runs share it or find the pause.
    pauses.set(name, { ms, until: options.clock.now() + ms })
    const value = await current(name, true)
    // Requests that were refused together come one after the other: the later ones find the new value without a read.
    if (value !== before) pauses.set(name, { ms: firstPauseMs / 2, until: options.clock.now() + renewedMs })
    return value
  }

  return { get: (name, fresh = false) => (fresh ? renewed(name) : current(name, false)) }
}

function parse(text: string | undefined, secretId: string): Record<string, unknown> {
  const value = tryParse(text ?? '')
  if (isObject(value)) return value
  throw new Error(`secret ${secretId} is not a JSON object of names and keys, as in {"OPENAI_API_KEY": "sk-..."}`)
}

/** Reads a secret with the SDK's client, which is loaded only here: nobody waits for it who does not need a key. */
export function getSecret(secretId: string): () => Promise<string | undefined> {
  let client: Promise<() => Promise<GetSecretValueCommandOutput>> | undefined
  return async () => {
    client ??= import('@aws-sdk/client-secrets-manager').then((sdk) => {
      const manager = new sdk.SecretsManagerClient()
      return () => manager.send(new sdk.GetSecretValueCommand({ SecretId: secretId }))
    })
    return (await (await client)()).SecretString
  }
}

/** `environment_variables` of the config in front of the secret: a name it gives a value, or another name, is not looked up as it stands. */
export function withEnvironment(environment: Config['environment'], secrets: Secrets): Secrets {
  return {
    get(name, fresh) {
      const own = environment[name]
      if (own && 'value' in own) return Promise.resolve(own.value)
      return secrets.get(own?.env ?? name, fresh)
    },
  }
}

import { secretValue } from '../config/secrets.ts'
import type { Exchange } from '../dialects/dialect.ts'
import { address } from '../providers/address.ts'
import type { Attempt } from './charge.ts'
import type { Job } from './job.ts'

/** Where an attempt goes, and with which credentials. */
export type Target = { url: string; headers: Record<string, string>; base: string }

/**
 * Finds it for one attempt; credentials that are signed over the body come last. `fresh`: with the key as it is now, after
 * the provider has refused the one that was known.
 */
export async function targetOf(job: Job, current: Attempt, { body }: Exchange, fresh = false): Promise<Target> {
  const { deployment, provider, speech, model } = current
  const { secrets, sign } = job.ports
  const get = (name: string) => secrets.get(name, fresh)
  const apiBase = deployment.apiBase && (await secretValue(deployment.apiBase, (name) => secrets.get(name)))
  let key = deployment.apiKey && (await secretValue(deployment.apiKey, get))
  for (const name of deployment.apiKey ? [] : provider.keyNames) key ??= await get(name)
  const found = address(deployment, {
    kind: job.task.kind,
    model,
    chatPath: speech.path,
    ...(apiBase !== undefined && { apiBase }),
    ...(key !== undefined && { key }),
  })
  const base = apiBase ?? provider.baseUrl ?? new URL(found.url).origin
  if (!found.signing) return { url: found.url, headers: found.headers, base }
  const request = { method: 'POST' as const, url: found.url, headers: found.headers, body }
  return { url: found.url, base, headers: { ...found.headers, ...(await sign(found.signing, request)) } }
}

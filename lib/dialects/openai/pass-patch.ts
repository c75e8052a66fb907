import type { Json, JsonObject } from '../../core/json.ts'
import type { ExchangeOptions } from '../dialect.ts'
import { isAbsent, withDefaults } from './pass-body.ts'
import { isPrivate } from './pass-private.ts'

export type RequestOptions = Pick<
  ExchangeOptions,
  'upstreamModel' | 'params' | 'flags' | 'dropParams' | 'additionalDropParams'
>

/** What is to change at the top of the body. A later `set` wins over an earlier `drop`, and the reverse. */
export type Patch = { set: Record<string, Json>; remove: Set<string>; dropped: Set<string>; effective: JsonObject }

/** What to edit whatever the host: defaults come in, private and empty fields go, the model gets its upstream name. */
export function startPatch(body: JsonObject, options: RequestOptions): Patch {
  const effective = withDefaults(body, options.params)
  const patch: Patch = { set: {}, remove: new Set(), dropped: new Set(), effective }
  for (const [key, value] of Object.entries(body)) {
    if (isPrivate(key) || isAbsent(key, value)) patch.remove.add(key)
  }
  for (const [key, value] of Object.entries(effective)) {
    if (isPrivate(key)) delete effective[key]
    else if (body[key] !== value) patch.set[key] = value
  }
  if (body.model !== options.upstreamModel) patch.set.model = options.upstreamModel
  return patch
}

/** Not sent, whether the client or a default brought it. */
export function leaveOut(patch: Patch, name: string): void {
  delete patch.set[name]
  patch.remove.add(name)
}

/** Not sent, and told to the client. */
export function drop(patch: Patch, name: string): void {
  leaveOut(patch, name)
  patch.dropped.add(name)
}

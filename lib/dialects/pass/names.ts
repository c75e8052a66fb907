import { isObject, type Json, type JsonObject, listOf } from '../../core/json.ts'
import { splice } from '../../wire/json-splice.ts'
import type { PassCall } from './call.ts'

/** The path under the provider's name of the model. */
export function pathOf({ path, model, modelAt }: PassCall, upstreamModel: string): string {
  if (!modelAt || model === upstreamModel) return path
  return path.slice(0, modelAt.start) + encodeURIComponent(upstreamModel) + path.slice(modelAt.end)
}

/**
 * The same of the body, which may name the model with what it is one of (`models/`), and once for each of a list of requests. It
 * never names another one than was paid for.
 */
export function renamed({ text, body }: PassCall, upstreamModel: string): string {
  const named = (value: Json | undefined): string | undefined =>
    typeof value === 'string' && bareModel(value) !== upstreamModel
      ? value.slice(0, value.length - bareModel(value).length) + upstreamModel
      : undefined
  const own = named(body.model)
  const { requests } = body
  const listed = listOf(requests).map((one) => {
    const name = isObject(one) ? named(one.model) : undefined
    return isObject(one) && name !== undefined ? { ...one, model: name } : one
  })
  const changed = listed.some((one, at) => one !== listOf(requests)[at])
  const set: JsonObject = { ...(own !== undefined && { model: own }), ...(changed && { requests: listed }) }
  return Object.keys(set).length > 0 ? splice(text, { set }) : text
}

/** A model without what it is one of, as Google writes names: `models/NAME`, `publishers/google/models/NAME`. */
export const bareModel = (name: string): string => name.replace(/^(?:.*\/)?(?:models|tunedModels)\//, '')

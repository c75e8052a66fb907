import { isObject, type JsonObject } from '../core/json.ts'

/**
 * Parameters that let a provider bill what no count of tokens bounds: tools it runs itself, answers of other models, tokens of a
 * rejected prediction.
 */
export const unboundedParams = [
  'web_search_options',
  'search_parameters',
  'enable_search',
  'web_search',
  'data_sources',
  'cached_content',
  'cachedContent',
  'plugins',
  'models',
  'preset',
  'prediction',
  'guardrailConfig',
  'guardrail_config',
] as const
/** The first of these parameters that is set, whichever tongue the request is in: hosts of this one would be sent it. */
export const unboundedParam = (body: JsonObject): string | undefined =>
  unboundedParams.find((name) => {
    const value = body[name]
    const off = value === undefined || value === null || value === false
    return !off && !(isObject(value) && value.mode === 'off')
  })

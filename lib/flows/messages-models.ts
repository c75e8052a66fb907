import type { Config } from '../core/config.ts'
import { type Call, jsonReply, type Reply } from '../core/http.ts'
import type { JsonObject } from '../core/json.ts'
import { limitsOf } from '../providers/prices.ts'
import type { Caller } from '../steps/authenticate.ts'
import { groupOf, visibleModels } from '../steps/models.ts'

/** When a model was made is not known here; SDKs want a date (the same constant as in the other shape, as LiteLLM has it). */
const createdAt = '2023-02-28T18:56:42Z'
const mostPerPage = 1000
const perPage = 20

type Asked = { config: Config; call: Call; caller: Caller }

/** What the caller may use, in the messages API's own shape, page by page (`limit`, `after_id`, `before_id`). */
export function listModels({ config, call, caller }: Asked): Reply {
  const names = visibleModels(config, caller)
  const { limit, after_id: after, before_id: before } = call.query
  const size = Math.min(Math.max(Math.trunc(Number(limit ?? perPage)) || perPage, 1), mostPerPage)
  const page = pageOf(names, { size, after, before })
  const data = page.names.map((name) => entryOf(config, name))
  return jsonReply(200, {
    data,
    has_more: page.more,
    first_id: page.names[0] ?? null,
    last_id: page.names.at(-1) ?? null,
  })
}

/** One model; the caller may see it. */
export const showModel = (config: Config, name: string): Reply => jsonReply(200, entryOf(config, name))

type Window = { size: number; after: string | undefined; before: string | undefined }

function pageOf(names: readonly string[], { size, after, before }: Window): { names: string[]; more: boolean } {
  if (before !== undefined) {
    const end = Math.max(names.indexOf(before), 0)
    const start = Math.max(end - size, 0)
    return { names: names.slice(start, end), more: start > 0 }
  }
  const start = after === undefined ? 0 : names.indexOf(after) + 1
  return { names: names.slice(start, start + size), more: start + size < names.length }
}

function entryOf(config: Config, name: string): JsonObject {
  const first = groupOf(config, config.aliases[name]?.model ?? name)?.deployments[0]
  const limits = first ? limitsOf(first.deployment, first.model) : undefined
  return {
    type: 'model',
    id: name,
    display_name: name,
    created_at: createdAt,
    max_input_tokens: limits?.maxInput ?? null,
    max_tokens: limits?.maxOutput ?? null,
  }
}

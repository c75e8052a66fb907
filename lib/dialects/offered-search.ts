import type { ChatRequest } from '../core/chat.ts'
import { type JsonObject, listOf, objectOf, stringOf } from '../core/json.ts'
import type { ExchangeOptions } from './dialect.ts'
import type { UpstreamTongue } from './tongue.ts'

const search = /^web_search(?:_preview)?(?:_\d{4}_?\d\d_?\d\d)?$/

/**
 * Agents offer a search of the web with every request (Codex always does), whoever serves it. In another tongue it is left out, and
 * named, unless the deployment says that its model searches (`model_info.supports_web_search`, LiteLLM's name for it): handed on
 * unasked, it would be billed, and refused by accounts that have no search switched on. A parameter that asks for a search by
 * itself (`web_search_options`) is no such offer.
 */
export function withOfferedSearch(
  request: ChatRequest,
  { searches }: UpstreamTongue,
  { body, options }: { body: JsonObject; options: ExchangeOptions },
): ChatRequest {
  const { advisory = [], hostedTools = [] } = request
  if (!options.webSearch || !searches) return request
  const leftOut = ({ type }: JsonObject): boolean => {
    const name = stringOf(type) ?? ''
    return search.test(name) && advisory.includes(`tools.${name}`)
  }
  const tool = listOf(body.tools).map(objectOf).find(leftOut)
  // Only what its provider has stored already may be searched: no other has that.
  const closed = tool?.external_web_access === false
  if (!tool || closed || !searches({ tool, request, options })) return request
  const named = advisory.filter((name) => name !== `tools.${stringOf(tool.type) ?? ''}`)
  return { ...request, hostedTools: [...hostedTools, tool], advisory: named }
}

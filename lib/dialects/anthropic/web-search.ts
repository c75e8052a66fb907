import type { ChatRequest } from '../../core/chat.ts'
import { isObject, type Json, type JsonObject, objectOf, stringOf } from '../../core/json.ts'

/** The version of the tool that every model with search takes. */
const version = 'web_search_20250305'

/** Searches that a size stands for: LiteLLM's, so that a move changes no bill. */
const uses: Record<string, number> = { low: 1, medium: 5, high: 10 }

/**
 * The request with web search as this API has it: OpenAI's clients ask for it by a parameter (`web_search_options`) or by a tool
 * of theirs (`web_search`, `web_search_preview`).
 */
export function withWebSearch(request: ChatRequest): ChatRequest {
  const { web_search_options: options, ...rest } = request.rest
  const hosted = (request.hostedTools ?? []).map((tool) => (isOfOpenAi(tool.type) ? searchTool(tool) : tool))
  if (isObject(options)) hosted.push(searchTool(options))
  if (hosted.length === 0) return request
  return { ...request, hostedTools: hosted, rest: isObject(options) ? rest : request.rest }
}

const isOfOpenAi = (type: Json | undefined): boolean =>
  /^web_search(?:_preview)?(?:_\d{4}_\d\d_\d\d)?$/.test(stringOf(type) ?? '')

function searchTool({ search_context_size: size, user_location: location, filters }: JsonObject): JsonObject {
  const most = uses[stringOf(size) ?? '']
  const { approximate, ...given } = objectOf(location)
  const place = { ...given, ...objectOf(approximate), type: 'approximate' }
  const { allowed_domains: domains } = objectOf(filters)
  return {
    type: version,
    name: 'web_search',
    ...(most !== undefined && { max_uses: most }),
    ...(isObject(location) && { user_location: place }),
    ...(Array.isArray(domains) && { allowed_domains: domains }),
  }
}

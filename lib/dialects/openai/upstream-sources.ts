import { isObject, type JsonObject, listOf } from '../../core/json.ts'

/**
 * Sources that hosts which search name beside their answer, again on each chunk: `search_results`, or `citations`, which are
 * addresses alone. The last list counts; where the answer has annotations of its own, they say more.
 */
export function sourceReader(): { read(chunk: JsonObject): void; sources(): JsonObject[] } {
  let known: JsonObject[] = []
  let annotated = false
  return {
    read(chunk) {
      for (const choice of listOf(chunk.choices).filter(isObject)) {
        const delta = isObject(choice.delta) ? choice.delta : choice.message
        annotated ||= isObject(delta) && listOf(delta.annotations).length > 0
      }
      const found = sourcesOf(chunk)
      if (found.length > 0) known = found
    },
    sources: () => (annotated ? [] : known),
  }
}

function sourcesOf({ search_results: results, citations }: JsonObject): JsonObject[] {
  const found = listOf(results).filter((result) => isObject(result) && typeof result.url === 'string')
  if (found.length > 0) return found.filter(isObject)
  return listOf(citations).flatMap((url) => (typeof url === 'string' ? [{ url }] : []))
}

import { unprocessable } from './input.ts'

export type PageOf = { page: number; size: number }

/** `page` and `size` of a query, or the 422 that says what they may be. */
export function page(query: Record<string, string>, of: { size: number; most: number; name?: string }): PageOf {
  const name = of.name ?? 'size'
  return {
    page: whole(query, { name: 'page', otherwise: 1, most: 1e6 }),
    size: whole(query, { name, otherwise: of.size, most: of.most }),
  }
}

/** A whole number from 1 to `most` in a query. */
export function whole(query: Record<string, string>, of: { name: string; otherwise: number; most: number }): number {
  const text = query[of.name]
  if (text === undefined || text === '') return of.otherwise
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= of.most) return value
  const msg = `Input should be a whole number from 1 to ${of.most}. Received: ${text.slice(0, 20)}`
  throw unprocessable([{ loc: ['query', of.name], msg, type: 'int_parsing' }])
}

/** One page of a list, with LiteLLM's counts. */
export function paged<T>(all: readonly T[], { page, size }: PageOf) {
  return {
    items: all.slice((page - 1) * size, page * size),
    total_count: all.length,
    current_page: page,
    total_pages: Math.ceil(all.length / size),
  }
}

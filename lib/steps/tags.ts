import type { Candidate } from './choose.ts'

export type Tagged = { tags: readonly string[]; match: 'any' | 'all' }

/** The tag of deployments that serve what nothing else claims. */
const otherwise = 'default'

/**
 * LiteLLM's tag routing. A request's tags must be among a deployment's (any of them, or all); `!tag` rules deployments out,
 * `&tag` must be there. Whom no tag finds, and a request without tags, the deployments tagged `default` serve; without such,
 * a request without tags may go anywhere, and one whose tags nobody has nowhere.
 */
export function tagged(candidates: readonly Candidate[], { tags, match }: Tagged): Candidate[] {
  const marked = (mark: string) =>
    tags.filter((tag) => tag.length > 1 && tag.startsWith(mark)).map((tag) => tag.slice(1))
  const [denied, required] = [marked('!'), marked('&')]
  const wanted = tags.filter((tag) => !tag.startsWith('!') && !tag.startsWith('&'))
  const allowed = candidates.filter(
    (one) => !denied.some((tag) => has(one, tag)) && required.every((tag) => has(one, tag)),
  )
  if (wanted.length) {
    const found = allowed.filter((one) =>
      match === 'any' ? wanted.some((tag) => has(one, tag)) : wanted.every((tag) => has(one, tag)),
    )
    return found.length ? found : allowed.filter((one) => has(one, otherwise))
  }
  if (required.length) return allowed
  // A pool of defaults is one by itself: ruling all of it out does not open what lies outside.
  const pool = candidates.some((one) => has(one, otherwise)) ? allowed.filter((one) => has(one, otherwise)) : allowed
  return pool
}

const has = ({ deployment }: Candidate, tag: string): boolean => deployment.tags?.includes(tag) === true

/** A longer wait is as good as a day: nobody waits, and who asks for it is down. */
const longestMs = 24 * 60 * 60 * 1000

/**
 * How long the provider asks to wait: `retry-after-ms`, `retry-after` (seconds or an HTTP date), else the later of the
 * `x-ratelimit-reset-*` headers of limits that are used up, where the reply is a rate limit ("1s", "6m0s"). A date is counted from the reply's own `date` header,
 * so that neither clock matters; without one it is not used.
 */
export function retryAfterOf(headers: Record<string, string>, limited: boolean): number | undefined {
  const found =
    milliseconds(headers['retry-after-ms']) ??
    seconds(headers['retry-after']) ??
    untilDate(headers['retry-after'], headers.date) ??
    (limited ? resetOf(headers) : undefined)
  return found === undefined ? undefined : Math.min(Math.ceil(found), longestMs)
}

const plain = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : undefined

const milliseconds = plain

function seconds(text: string | undefined): number | undefined {
  const number = plain(text)
  return number === undefined ? durationOf(text) : number * 1000
}

function untilDate(text: string | undefined, now: string | undefined): number | undefined {
  const wait = Date.parse(text ?? '') - Date.parse(now ?? '')
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0)
}

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** "6m0s", "34.4s", "120ms" in milliseconds. */
export function durationOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(text.trim())) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    total += Number(amount) * (unitMs[unit ?? ''] ?? 0)
  }
  return total
}

/** A limit with something remaining does not stand in the way; where none says what remains, the longest counts. */
function resetOf(headers: Record<string, string>): number | undefined {
  const waits = ['requests', 'tokens'].map((of) => {
    const remaining = plain(headers[`x-ratelimit-remaining-${of}`])
    const wait = durationOf(headers[`x-ratelimit-reset-${of}`])
    return remaining !== undefined && remaining > 0 ? undefined : wait
  })
  const known = waits.filter((wait) => wait !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

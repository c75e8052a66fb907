/** What `look` finds, once it is what was waited for. */
export async function eventually<T>(look: () => T, holds: (found: T) => boolean, withinMs = 20_000): Promise<T> {
  for (const end = Date.now() + withinMs; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const found = look()
    if (holds(found)) return found
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms; last: ${JSON.stringify(found)?.slice(0, 1000)}`)
  }
}

/**
 * What is loaded when first asked for, and is at hand from then on: asking Node for a module that it has costs more than any step
 * of a request does. What could not be loaded is tried again.
 */
export function lazily<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined
      throw error
    })
    return loaded
  }
}

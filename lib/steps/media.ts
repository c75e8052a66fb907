import type { ExchangeOptions } from '../dialects/dialect.ts'
import type { Job } from './job.ts'

/** How addresses in the request are fetched, each once whatever the number of attempts; nothing where the config forbids it. */
export function fetchingMedia({ ports: { fetchMedia }, config, media }: Job): Pick<ExchangeOptions, 'fetchMedia'> {
  if (!fetchMedia || config.fetchMedia === false) return {}
  return {
    fetchMedia: (url) => {
      const known = media.get(url) ?? fetchMedia(url)
      media.set(url, known)
      return known
    },
  }
}

import type { FetchMedia } from '../core/ports.ts'

/** The fetcher of media, loaded with the first address: most processes never see one. */
export const lazyMedia = (): FetchMedia => {
  let fetcher: Promise<FetchMedia> | undefined
  return async (url) => {
    fetcher ??= import('./media.ts').then(({ mediaFetcher }) => mediaFetcher())
    return (await fetcher)(url)
  }
}

import { expect, it } from 'vitest'
import type { Job } from '../../lib/steps/job.ts'
import { fetchingMedia } from '../../lib/steps/media.ts'
import { config } from '../support/configuration.ts'

const png = { mediaType: 'image/png', base64: 'AA==' }

it('fetches each address once, whatever the number of attempts', async () => {
  const asked: string[] = []
  const fetchMedia = async (url: string) => {
    asked.push(url)
    return png
  }
  const job = { ports: { fetchMedia }, config: config(), media: new Map() } as unknown as Job

  for (let attempt = 0; attempt < 2; attempt++)
    expect(await fetchingMedia(job).fetchMedia?.('https://a.example')).toBe(png)

  expect(asked).toEqual(['https://a.example'])
})

it('fetches nothing where the config says so', () => {
  const job = { ports: { fetchMedia: async () => png }, config: config({ fetchMedia: false }), media: new Map() }

  expect(fetchingMedia(job as unknown as Job)).toEqual({})
})

import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { ExchangeOptions, Seen } from '../dialect.ts'
import { given } from '../endpoint.ts'
import { malformed } from '../broken-reply.ts'
import { nothingSeen } from '../seen.ts'
import type { ImagesCall } from './call.ts'
import { asWanted, weight } from './picture.ts'

/** One picture as a provider gives it: bytes in base64, a data URL, or an address. */
export type Picture = string | undefined

const dataUrl = /^data:[^;,]*;base64,/

/** OpenAI's reply with these pictures, each as it was wanted as far as that can be done. */
export function printed(call: ImagesCall, options: ExchangeOptions, made: { pictures: Picture[]; usage?: Usage }) {
  const pictures = made.pictures.flatMap((picture): JsonObject[] => {
    if (!picture) return []
    if (/^https?:/i.test(picture)) return [{ url: picture }]
    return [{ b64_json: picture.replace(dataUrl, '') }]
  })
  if (pictures.length === 0) return { failure: malformed('The provider answered without a picture.', true) }
  const data = pictures.map((picture) => asWanted(picture, call))
  const { usage } = made
  const told = usage && {
    input_tokens: usage.prompt,
    output_tokens: usage.completion,
    total_tokens: usage.prompt + usage.completion,
    ...given({ cost: options.dollars(usage) }),
  }
  const seen: Seen = {
    ...nothingSeen(),
    ...weight(pictures),
    units: { images: pictures.length },
    ...(usage && { usage }),
  }
  return { reply: { created: Math.floor(options.now / 1000), data, ...(told && { usage: told }) }, seen }
}

/** `WxH` as two numbers. */
export function sidesOf(size: unknown): { width: number; height: number } | undefined {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(typeof size === 'string' ? size : '') ?? []
  return width && height ? { width: Number(width), height: Number(height) } : undefined
}

/** The ratio of a list that is nearest to a size, as `16:9`. */
export function nearestRatio(size: unknown, ratios: readonly string[]): string | undefined {
  const sides = sidesOf(size)
  if (!sides) return undefined
  const off = (ratio: string) => {
    const [wide = 1, high = 1] = ratio.split(':').map(Number)
    return Math.abs(Math.log((sides.width * high) / (sides.height * wide)))
  }
  return ratios.toSorted((a, b) => off(a) - off(b))[0]
}

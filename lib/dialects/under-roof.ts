import { isObject, type JsonObject, objectOf, tryParse } from '../core/json.ts'
import { splice } from '../wire/json-splice.ts'
import type { Exchange, MaxPrice } from './dialect.ts'
import { maxPriceOf, priceKinds } from './max-price.ts'

/** The exchange with a request that no dearer host may serve. What its own roof lets through beyond that is lowered, and named. */
export function underRoof(exchange: Exchange, roof: MaxPrice): Exchange {
  const { amend } = exchange
  const { text, lowered } = withRoof(exchange.body, roof)
  return {
    ...exchange,
    body: text,
    dropped: lowered ? [...exchange.dropped, 'provider.max_price'] : exchange.dropped,
    ...(amend && {
      amend: (failure) => {
        const again = amend(failure)
        return again === undefined ? undefined : withRoof(again, roof).text
      },
    }),
  }
}

function withRoof(text: string, roof: MaxPrice): { text: string; lowered: boolean } {
  const body = tryParse(text)
  if (!isObject(body)) return { text, lowered: false }
  const own = maxPriceOf(body) ?? {}
  const most: JsonObject = { ...objectOf(objectOf(body.provider).max_price) }
  let lowered = false
  for (const kind of priceKinds) {
    const [said, limit] = [own[kind], roof[kind]]
    if (limit === undefined || (kind === 'image' && said === undefined && !showsImages(text))) continue
    lowered ||= said !== undefined && said > limit
    most[kind] = Math.min(said ?? limit, limit)
  }
  return { text: splice(text, { set: { max_price: most } }, ['provider']), lowered }
}

/** Prices of pictures rule out hosts for no reason where there is none. */
const showsImages = (text: string): boolean => /"(?:image_url|input_image|image)"/.test(text)

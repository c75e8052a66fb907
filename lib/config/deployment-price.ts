import type { Deployment, Mode } from '../core/deployment.ts'
import { publishedOf } from '../providers/catalogue.ts'
import { priceOf } from '../providers/prices.ts'
import type { Path } from './document.ts'
import type { Entry } from './entry.ts'
import type { UpstreamModel } from './model.ts'
import { readPrice } from './price.ts'
import type { Reading } from './reading.ts'
import { readUnits } from './unit-keys.ts'

/** Nothing is generated: a price needs no other side. */
const onlyReads: ReadonlySet<Mode> = new Set(['embedding', 'moderation', 'rerank'])

/** Where an entry's prices stand: in `litellm_params`, else in `model_info`. */
type PriceContext = { entry: Entry; upstream: UpstreamModel; path: Path; reading: Reading }

/** A deployment with what its provider publishes of the model, and the prices that its entry writes over the table's. */
export function withPrice(read: Deployment, { entry, upstream, path, reading }: PriceContext): Deployment {
  const deployment = { ...read, ...publishedOf(read) }
  const table = priceOf(deployment, upstream.model)
  const common = { reading, provider: upstream.provider, table, embedding: onlyReads.has(deployment.mode) }
  const price =
    readPrice(entry.params, { ...common, path }) ??
    readPrice(entry.info, { ...common, path: [...entry.path, 'model_info'] })
  const units =
    readUnits(entry.params, { reading, path }) ??
    readUnits(entry.info, { reading, path: [...entry.path, 'model_info'] })
  return { ...deployment, ...(price && { price }), ...(units && { units }) }
}

import type { Deployment } from '../core/deployment.ts'
import { isFree, type Price, withoutCacheWrites, worstCost } from '../core/money.ts'
import { limitsOf, priceOf } from '../providers/prices.ts'
import { providerOf } from '../providers/rows.ts'
import type { Bounds, MaxPrice } from '../dialects/dialect.ts'
import { templateTokensOf } from '../providers/template-tokens.ts'
import { flatPrice, noTokens, type Pieces, piecesOf, sendsCap } from './flat-terms.ts'
import { isHard, type Job } from './job.ts'
import { atAnyTier, boundedByTier, keptAsAsked, unaskedTiersOf } from './tiers.ts'

/** What one attempt on a deployment can cost, and the output cap that bounds it. */
export type Terms = {
  /** Of the request as this deployment gets it. */
  bounds: Bounds
  price: Price | undefined
  /** What is sold by the piece, beside the tokens. */
  pieces?: Pieces | undefined
  /** What the worst case is computed with. */
  holdPrice: Price | undefined
  /** The dearest host that the hold covers, for a provider that chooses: sent along. */
  roof?: MaxPrice
  /** Output tokens per choice that the worst case is computed with. */
  cap: number
  capGiven: boolean
  /** Nobody named a cap and the model's maximum is unknown: `cap` is our default and must be sent. */
  injected: boolean
  /** The model's largest output, or our default: for dialects in which a cap is mandatory. */
  maxOutput: number
  /** Its answer is paid for by tokens, and nothing says how many they can be. */
  endless?: boolean
  free: boolean
}

/** A client's cap above the model's maximum binds no more than the maximum does. */
export function termsOf(job: Job, deployment: Deployment, model: string): Terms {
  const { kind } = job.task
  const { maxInput, maxOutput: known } = limitsOf(deployment, model)
  const asked = boundsOf(job, { deployment, model, maxInput })
  const pieces = piecesOf(deployment, model, asked)
  // And one who prices pieces alone, that the table's tokens do not.
  const byPiece = pieces && deployment.units !== undefined && deployment.price === undefined
  const published = byPiece ? undefined : priceOf(deployment, model, job.ports.clock.now())
  const price = published ?? (pieces && noTokens(pieces))
  const bounds = boundedByTier(asked, price)
  const held = price && keptAsAsked(atAnyTier(price, bounds, unaskedTiersOf(deployment)), bounds)
  const maxOutput = known ?? job.config.defaultMaxOutputTokens
  const given = bounds.outputCap
  if (!sendsCap(kind)) return flatTerms({ bounds, price, held, pieces, known, maxOutput })
  const cap = given === undefined ? maxOutput : known === undefined ? given : Math.min(given, known)
  const injected = given === undefined && known === undefined && isHard(job.scopes)
  return {
    bounds,
    price,
    holdPrice: held && (writesNoCache(deployment, bounds) ? withoutCacheWrites(held) : held),
    cap,
    capGiven: given !== undefined,
    injected,
    maxOutput,
    free: price !== undefined && isFree(price),
  }
}

type Flat = Pick<Terms, 'bounds' | 'price' | 'pieces' | 'maxOutput'> & {
  held: Price | undefined
  known: number | undefined
}

/** Of a request whose answer no cap of ours can shorten: the worst case is one amount. */
function flatTerms({ bounds, price, held, pieces, known, maxOutput }: Flat): Terms {
  const given = bounds.outputCap
  const most = given === undefined ? known : Math.min(given, known ?? Infinity)
  const holdPrice = held && flatPrice(held, bounds, { cap: most ?? 0, pieces })
  return {
    bounds,
    price,
    pieces,
    holdPrice,
    cap: 0,
    capGiven: true,
    injected: false,
    maxOutput,
    endless: most === undefined && price !== undefined && worstCost(price, 0, 1) > worstCost(price, 0, 0),
    free: price !== undefined && isFree(price) && (pieces?.most ?? 0) === 0,
  }
}

const writesNoCache = (deployment: Deployment, bounds: Bounds): boolean =>
  providerOf(deployment.provider)?.flags.cacheByMark === true && bounds.cacheMarked === false

/** The prompt's bound, framing of this host included; never more than the model's context window can take. */
function boundsOf(job: Job, of: { deployment: Deployment; model: string; maxInput: number | undefined }): Bounds {
  const { params, baseModel = of.model } = of.deployment
  const bounds = job.task.boundsWith(withoutGuardrails(params), baseModel)
  const inputTokens = bounds.inputTokens + templateTokensOf(of.model)
  // A context window bounds one prompt; a list of inputs may fill one each.
  const most = sendsCap(job.task.kind) ? of.maxInput : undefined
  return { ...bounds, inputTokens: Math.min(inputTokens, most ?? Infinity) }
}

/** One of the operator's is the price of no request; one that a client names is. */
const withoutGuardrails = (params: Deployment['params']): Deployment['params'] => {
  const { guardrailConfig: _camel, guardrail_config: _snake, ...rest } = params
  return rest
}

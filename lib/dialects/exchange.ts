import type { ChatCall, DialectName, Exchange, ExchangeOptions } from './dialect.ts'
import { passThrough } from './openai/passthrough.ts'
import { translate } from './translate.ts'

/** What stands between a client that speaks OpenAI's dialect and an upstream of each dialect. */
const exchanges: Record<DialectName, (call: ChatCall, options: ExchangeOptions) => Exchange> = {
  openai: passThrough,
  anthropic: translate,
}

/** Binds a client's request to one deployment. Throws `unsupported_parameter` where the upstream cannot express it. */
export const exchange = (upstream: DialectName, call: ChatCall, options: ExchangeOptions): Exchange =>
  exchanges[upstream](call, options)

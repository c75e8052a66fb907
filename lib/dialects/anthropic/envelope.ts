import { splice } from '../../wire/json-splice.ts'
import type { ChatCall, Exchange, ExchangeOptions } from '../dialect.ts'

type Bind = (call: ChatCall, options: ExchangeOptions) => Exchange

/**
 * The messages API in the envelope of a cloud that serves it under its own address: the model is told by the URL and refused
 * in the body, and the version of the API stands in the body instead of a header. Whoever wrote the request.
 */
export const enveloped =
  (bind: Bind, version: string): Bind =>
  (call, options) => {
    const exchange = bind(call, options)
    const { 'anthropic-version': _, ...headers } = exchange.headers
    const wrap = (body: string) => splice(body, { set: { anthropic_version: version }, remove: ['model'] })
    const { amend } = exchange
    return {
      ...exchange,
      headers,
      body: wrap(exchange.body),
      ...(amend && {
        amend: (failure) => {
          const body = amend(failure)
          return body === undefined ? undefined : wrap(body)
        },
      }),
    }
  }

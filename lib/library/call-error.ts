import { isObject, stringOf, tryParse } from '../core/json.ts'

/** What a call of the library rejects with: what the HTTP API answers, as an error. */
export class CallError extends Error {
  /** HTTP status the gateway would have answered with; 200 where a stream broke off after its first content. */
  readonly status: number
  /** `error.type` and `error.code` of the HTTP API, such as `budget_exceeded`. */
  readonly type: string
  readonly code: string
  /** The field of the request that is at fault. */
  readonly param: string | undefined
  /** The answer's headers, lower-case names: `retry-after`, `x-request-id` and LiteLLM's. */
  readonly headers: Readonly<Record<string, string>>
  /** Everything the error said: a budget's error has what is spent, held and left. */
  readonly error: Readonly<Record<string, unknown>>

  constructor(status: number, headers: Readonly<Record<string, string>>, error: Readonly<Record<string, unknown>>) {
    super(stringOf(error.message) ?? `The gateway answered ${status}.`)
    this.name = 'CallError'
    this.status = status
    this.type = stringOf(error.type) ?? 'api_error'
    this.code = stringOf(error.code) ?? String(status)
    this.param = stringOf(error.param)
    this.headers = headers
    this.error = error
  }
}

/** The error of a reply, or of an event of a stream; undefined where it is none. */
export function errorIn(text: string): Record<string, unknown> | undefined {
  const body = tryParse(text)
  if (!isObject(body) || body.error === undefined || body.error === null) return undefined
  return isObject(body.error) ? body.error : { message: JSON.stringify(body.error) }
}

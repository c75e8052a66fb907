import { systemClock as clock } from '../core/clock.ts'
import { presentedKey } from '../steps/authenticate.ts'
import { type Calls, callsThrough } from './calls.ts'
import { type Fetch, fetchThrough } from './fetch.ts'
import { inProcess } from './in-process.ts'
import type { Opened } from './opened.ts'
import type { CommonOptions } from './options.ts'

/** A gateway in this process. */
export type Gateway = Calls & {
  /**
   * Takes the place of the platform's `fetch` in any SDK: `new OpenAI({ apiKey, fetch: gateway.fetch })`. Serves every path of the
   * HTTP API, whatever the host; the SDK's key is the caller's, as it is over HTTP.
   */
  fetch: Fetch
  /** For constructors of SDKs: `new OpenAI(gateway.clientOptions)`, `new Anthropic(gateway.clientOptions)`. */
  clientOptions: { baseURL: string; apiKey: string; fetch: Fetch }
  /** Takes nothing more, lets answers end (ten seconds at most), books what is open, ends what was started. */
  close: () => Promise<void>
  [Symbol.asyncDispose]: () => Promise<void>
}

/** One that keeps its books itself. */
export type BookkeepingGateway = Gateway & {
  /** Resolves once everything that was spent so far is in the ledger. */
  settled: () => Promise<void>
}

/** Nobody listens there: it only has to be a base that SDKs can put paths behind. */
const baseURL = 'http://purser.invalid'

/** What stalls for longer than a person would wait counts as gone. */
const stalledMs = 300_000

/** The doors of the library in front of an opened flow. */
export function gatewayOn(
  opened: Opened,
  options: Pick<CommonOptions, 'key' | 'stalledMs' | 'log'>,
): BookkeepingGateway {
  const { flow, masterKey, open, settled, stop } = opened
  const { key = masterKey, log = () => undefined } = options
  const { ask, close: end } = inProcess(flow, { clock, log, stalledMs: options.stalledMs ?? stalledMs })
  const fetch = fetchThrough(ask, open ? (sent) => anybody(sent, masterKey) : (sent) => sent)
  let closing: Promise<void> | undefined
  const closeAll = async () => {
    try {
      await end()
    } finally {
      await stop()
    }
  }
  const close = () => (closing ??= closeAll())
  return {
    ...callsThrough(ask, key),
    fetch,
    clientOptions: { baseURL, apiKey: key, fetch },
    settled,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** SDKs insist on a key; where the gateway has none, any will do. */
const anybody = (sent: Record<string, string>, masterKey: string): Record<string, string> =>
  presentedKey(sent) === masterKey ? sent : { ...sent, 'x-litellm-api-key': masterKey }

import type { Flow } from '../core/http.ts'

/** A gateway's flow with what it stands on. */
export type Opened = {
  flow: Flow
  masterKey: string
  /** Nobody has set a master key and there are no others: requests need none. */
  open: boolean
  /** Resolves once every event so far is in the ledger, where this process keeps it. */
  settled: () => Promise<void>
  stop: () => Promise<void>
}

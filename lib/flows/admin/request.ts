import type { Budgets } from '../../core/budget.ts'
import type { Trials } from '../../core/canary.ts'
import type { Config } from '../../core/config.ts'
import type { Call, Reply } from '../../core/http.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Ledger } from '../../core/ledger.ts'
import type { Bus, Clock, Log, Random } from '../../core/ports.ts'
import type { Directory } from '../../core/records.ts'

/** What the management API asks of the world. */
export type AdminPorts = {
  directory: Directory
  budgets: Budgets
  ledger: Ledger
  /** Trials of canaries. Absent: none are kept. */
  trials?: Trials
  bus: Bus
  clock: Clock
  random: Random
  /** Cryptographically strong: keys are made of it. */
  randomBytes: (n: number) => Uint8Array
  log: Log
  masterKey: () => Promise<string | undefined>
}

/** Where every handler works: the configuration and the world. */
export type Desk = { config: Config; ports: AdminPorts }

/** One authorised management call. `body` is empty for GET; `path` holds what stood in the place of `{...}`. */
export type AdminRequest = Desk & {
  call: Call
  query: Record<string, string>
  body: JsonObject
  path: string[]
  /** Who is written down as `created_by`. */
  by: string
}

export type Handler = (request: AdminRequest) => Promise<Reply>

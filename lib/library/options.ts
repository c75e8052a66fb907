import type { Log } from '../core/ports.ts'
import type { SpendEvent } from '../core/spend-event.ts'
import type { ConfigFile } from './config-file.ts'

/** Environment variables: provider keys, and what `os.environ/NAME` in the config stands for. */
export type Env = Readonly<Record<string, string | undefined>>

export type CommonOptions = {
  /**
   * The config, as LiteLLM's `config.yaml` has it. Without it and without `configFile`: `PROVIDER/MODEL` of every provider whose
   * key the environment has.
   */
  config?: ConfigFile
  /** Path of a `config.yaml`, instead of `config`. */
  configFile?: string
  /** The environment of the process where absent. */
  env?: Env
  /**
   * The key that `completion` and `embedding` are made with, and `clientOptions` carries: with a store one of its virtual keys, whose
   * budgets and permissions then hold. The master key where absent, which counts against the budget of the whole gateway alone.
   */
  key?: string
  /** Where warnings, errors and a line per request go; absent: warnings and errors to the console. Never a prompt, an answer or a key. */
  log?: Log
  /** An answer that nobody reads on for so long (milliseconds; 300,000) is given up, as if its client had left. */
  stalledMs?: number
}

/**
 * Without a store there are no keys, budgets, rate limits of keys, ledger, or kept responses; deployments, fallbacks, retries and
 * prices work. A config with a budget of its own is refused, never ignored. Requests need no key; where the config (or
 * PURSER_MASTER_KEY) has a master key, they need that one.
 */
export type StorelessOptions = CommonOptions & {
  dataDir?: undefined
  table?: undefined
  /** Told of every billable attempt, before its answer has ended. What it throws or rejects with is logged. */
  onSpend?: (event: SpendEvent) => void | Promise<void>
}

/**
 * With the engine and the files of `npm start` in this folder: keys, budgets, ledger and alerts as in the server, management API
 * included. One process at a time may have the folder, so a server must not run on it.
 */
export type DataDirOptions = CommonOptions & { dataDir: string; table?: undefined; onSpend?: undefined }

/**
 * With the table and the bus of a deployed stack, whose functions do the booking: any number of processes. The environment names
 * the region and the credentials (AWS_REGION, AWS_ACCESS_KEY_ID, ...), which need what the gateway's role may do. Keys are made at
 * AdminUrl.
 */
export type TableOptions = CommonOptions & { table: DeployedTable; dataDir?: undefined; onSpend?: undefined }

/** Names of what the stack has made. `secret`: where provider keys are that the environment does not have. */
export type DeployedTable = { name: string; bus: string; secret?: string }

export type GatewayOptions = StorelessOptions | DataDirOptions | TableOptions

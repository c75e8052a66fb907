import type { Log } from '../core/ports.ts'
import { configure } from './configure.ts'
import { type BookkeepingGateway, type Gateway, gatewayOn } from './gateway.ts'
import type { Opened } from './opened.ts'
import type { DataDirOptions, GatewayOptions, StorelessOptions, TableOptions } from './options.ts'

export { CallError } from './call-error.ts'
export type { CallOptions, CompletionCall, CompletionStream } from './calls.ts'
export type * from './chat-types.ts'
export type { ConfigFile, ModelEntry } from './config-file.ts'
export type { Fetch } from './fetch.ts'
export type { BookkeepingGateway, Gateway } from './gateway.ts'
export type * from './options.ts'
export type { SpendEvent } from '../core/spend-event.ts'

/**
 * A gateway in this process: the same flows as behind the server, without a hop. Rejects with an error that names what is wrong
 * with the config, the environment or the store. Call `close` at the end (or `await using`), or the process may not end.
 */
export function createGateway(options: DataDirOptions): Promise<BookkeepingGateway>
export function createGateway(options: TableOptions): Promise<Gateway>
export function createGateway(options?: StorelessOptions): Promise<Gateway>
export function createGateway(options?: GatewayOptions): Promise<Gateway>
export async function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  return gatewayOn(await open(options), { log: toConsole, ...options })
}

/**
 * Dead letters, a store that does not answer, a setting without effect: nobody should have to ask for those. How a request went, its
 * caller knows.
 */
const toConsole: Log = (level, message, fields) => {
  if (level !== 'info' && message !== 'request')
    console.error(`purser: ${level}: ${message}`, ...(fields ? [fields] : []))
}

/** What a gateway stands on is loaded only where it is asked for. */
async function open(options: GatewayOptions): Promise<Opened> {
  // This is a door: the one place of the library that knows the process it is in.
  const { env = process.env, log = toConsole, dataDir, table, onSpend } = options
  if (dataDir !== undefined && table !== undefined)
    throw new Error('createGateway was given both dataDir and table: a gateway has one store, leave one of them out.')
  if (onSpend && (dataDir ?? table) !== undefined)
    throw new Error(
      'createGateway was given onSpend beside a store: the ledger of the store tells what was spent, leave onSpend out.',
    )
  const world = { config: configure(options, env, log), env, log }
  if (dataDir !== undefined) return (await import('./data-dir.ts')).openDataDir({ ...world, dataDir })
  if (table !== undefined) return (await import('./table.ts')).openTable({ ...world, table })
  return (await import('./storeless.ts')).openStoreless({ ...world, onSpend })
}

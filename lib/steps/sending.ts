import type { Exchange } from '../dialects/dialect.ts'
import type { Target } from './target.ts'
import type { Watchdog } from './watchdog.ts'

/** A request that is ready to go: what is said, where to, and who ends it when it takes too long. */
export type Sending = { exchange: Exchange; target: Target; dog: Watchdog }

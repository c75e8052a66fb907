import { DynamoError } from './dynamo.ts'
import type { Random } from '../core/ports.ts'

/** How repeated store calls are spaced: a wait in milliseconds, and the die that spreads them. */
export type Pace = { sleep: (ms: number) => Promise<void>; random: Random; tries: number }

/** About six seconds in all: an invocation lasts longer, and after it the queue delivers the batch again. */
export const ordinaryPace: Pace = {
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: Math.random,
  tries: 10,
}

/** Few and quick, for reads that somebody waits for. */
export const readPace: Pace = { ...ordinaryPace, tries: 4 }

/** Full jitter under an exponential ceiling of one second. */
export const pauseMs = (pace: Pace, attempt: number): number => pace.random() * Math.min(1000, 25 * 2 ** attempt)

const busy = new Set([
  'ThrottlingException',
  'ThrottlingError',
  'ProvisionedThroughputExceededException',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'TransactionConflictException',
  'TransactionConflict',
  'TransactionInProgressException',
  'InternalServerError',
  // Ours: no connection could be made, so the service was not asked.
  'NotSent',
])

/** True for a code that says "not now" rather than "no". */
export const isBusy = (code: string): boolean => busy.has(code)

/**
 * Repeats a call that may be sent any number of times (reads, and writes whose condition is their own absence: money
 * protocol, rule 2) while the store is busy or does not answer. Rejects with the last error.
 */
export async function patiently<T>(pace: Pace, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const again = error instanceof DynamoError && (error.certainty === 'lost' || isBusy(error.code))
      if (!again || attempt >= pace.tries) throw error
      await pace.sleep(pauseMs(pace, attempt))
    }
  }
}

import type { Answer, WindowItem } from '../core/budget.ts'
import type { Clock, Random } from '../core/ports.ts'

/** How long a definite answer is waited for: about six seconds of pauses, then the queue delivers the batch again. */
const mostTries = 10
const longestPauseMs = 1000

export type Patience = { clock: Clock; random: Random }
export type Answered = { outcome: 'done'; item: WindowItem } | { outcome: 'failed'; item?: WindowItem }

/**
 * Sends an operation until the store says what the item is now. Right for everything but `take` (money protocol, rule 2):
 * it takes effect at most once however often it is sent. Rejects after ten tries.
 */
export async function answered({ clock, random }: Patience, operation: () => Promise<Answer>): Promise<Answered> {
  for (let attempt = 1; ; attempt++) {
    const answer = await operation()
    if (answer.outcome === 'done' || answer.outcome === 'failed') return answer
    if (attempt >= mostTries)
      throw new Error(`no definite answer of the store after ${attempt} tries: ${answer.reason}`)
    await clock.sleep(random() * Math.min(longestPauseMs, 25 * 2 ** attempt))
  }
}

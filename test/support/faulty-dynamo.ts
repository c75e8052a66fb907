import { type Dynamo, DynamoError } from '../../lib/aws/dynamo.ts'

/**
 * What may happen to one step of a process: it is killed before or after the effect; the answer is lost, with the effect
 * never, now, or only when `settleLate` is called.
 */
export const faults = ['killed before', 'killed after', 'lost before', 'lost after', 'lost, late'] as const
export type Fault = (typeof faults)[number]

/** One life of a process, in which the step number `at` (from 0) goes wrong. A killed process takes no further step. */
export function life(fault?: { kind: Fault; at: number }) {
  let step = 0
  let dead = false
  const late: (() => Promise<unknown>)[] = []

  async function go<T>(effect: () => Promise<T>): Promise<T> {
    if (dead) throw new Error('killed')
    if (fault?.at !== step++) return effect()
    if (fault.kind === 'killed after' || fault.kind === 'lost after') await effect()
    if (fault.kind === 'lost, late') late.push(effect)
    if (fault.kind.startsWith('lost')) throw new DynamoError('lost', 'no answer', { lost: true })
    dead = true
    throw new Error('killed')
  }

  return {
    go,
    dynamo:
      (real: Dynamo): Dynamo =>
      (operation, input) =>
        go(() => real(operation, input)),
    /** How many steps it has taken. */
    steps: () => step,
    /** Effects that were still under way arrive now. */
    settleLate: async () => {
      for (const effect of late) await effect().catch(() => undefined)
    },
  }
}

import type { Fate, WireCall } from './network.ts'
import type { Wired } from './wired.ts'

/** Lost with nothing done, and lost with everything done: what the caller cannot tell apart. */
export const losses = ['lost before', 'lost after'] as const satisfies readonly Fate[]

/** Names are unique in a file, whatever its tests are. */
let stories = 0

const nameOf = ({ service, target }: WireCall) => `${service} ${target}`

/**
 * Plays a story once for each call that it makes over the network, with that call's answer lost. Calls are counted by what
 * they ask, the kinds by what is seen on the way, until no call of any kind is left; so a story may make them in any order.
 * `otherwise`: what becomes of the other calls. What went wrong names the call. Resolves with how many of each kind were lost.
 */
export async function losingEach(
  wired: Wired,
  fate: (typeof losses)[number],
  story: (name: string) => Promise<void>,
  otherwise: (call: WireCall) => Fate = () => 'pass',
): Promise<Map<string, number>> {
  const lost = new Map<string, number>()

  /** Whether there was such a call. */
  async function losing(kind: string | undefined, at: number): Promise<boolean> {
    let seen = 0
    wired.network.under((call) => {
      if (!lost.has(nameOf(call))) lost.set(nameOf(call), 0)
      return nameOf(call) === kind && seen++ === at ? fate : otherwise(call)
    })
    try {
      await story(`${fate.replace(' ', '-')}-${++stories}`)
    } catch (error) {
      const logged = wired.logged.slice(-8).join('\n')
      throw new Error(`${kind ?? 'no call'} ${at} ${fate}: ${String(error)}\n${logged}`, { cause: error })
    } finally {
      wired.network.under()
      wired.logged.length = 0
    }
    return seen > at
  }

  await losing(undefined, 0)
  // A kind that is first seen on the way comes at the end of the same map.
  for (const kind of lost.keys()) for (let at = 0; await losing(kind, at); at++) lost.set(kind, at + 1)
  return lost
}

/** All of them together. */
export const sumOf = (lost: Map<string, number>): number => [...lost.values()].reduce((a, b) => a + b, 0)

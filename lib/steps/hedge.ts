import type { Candidate } from './choose.ts'
import { bookLoser, type Lane } from './hedge-loser.ts'
import type { Job } from './job.ts'
import type { Tried } from './send.ts'
import { takeTurn } from './turn.ts'

/** Whom to ask, and who else could be asked instead. */
export type Asked = { candidate: Candidate; group: string; others: readonly Candidate[] }

/**
 * One attempt, and where it is later with its first content than the deployment is with nineteen of twenty (`hedge`), or than
 * the config says (`hedge_after`), a second one elsewhere: whichever answers first is the answer. Once for a request, with a
 * hold of its own; the other is cancelled, and what it has cost is booked like any other attempt's.
 */
export async function hedged(job: Job, asked: Asked): Promise<Tried> {
  const { candidate, group, others } = asked
  const afterMs = job.hedged ? undefined : hedgeMs(job, candidate)
  const second = afterMs === undefined ? undefined : others.find((one) => !job.routing.isOpen(one))
  if (!second || afterMs === undefined) return takeTurn(job, candidate, group)
  const first = laneOf(job, candidate, group)
  if (job.unused) first.job.unused = job.unused
  delete job.unused
  if (await overWithin(job, first, afterMs)) return alone(job, first)
  job.hedged = true
  job.tally.attempts++
  return race(job, first, laneOf({ ...job, line: { ...job.line } }, second, group))
}

/** No sooner than this, whatever the statistics say: a hedge is worth a second bill only where a wait is felt. */
const soonestMs = 100

function hedgeMs(job: Job, candidate: Candidate): number | undefined {
  const { hedgeAfter } = candidate.deployment
  if (typeof hedgeAfter === 'number') return hedgeAfter
  const known = hedgeAfter === 'p95' ? job.routing.p95(candidate, job.task) : undefined
  return known === undefined ? undefined : Math.max(known, soonestMs)
}

function laneOf(job: Job, candidate: Candidate, group: string): Lane {
  const abort = new AbortController()
  const left = job.call.left ? AbortSignal.any([job.call.left, abort.signal]) : abort.signal
  const own: Job = {
    ...job,
    call: { ...job.call, left },
    // Whoever speaks to the client while both run may do so in the tongue of either.
    get voice() {
      return job.voice
    },
    set voice(voice) {
      if (voice) job.voice = voice
    },
  }
  delete own.unused
  // Asked for in the next turn: whoever makes the lane may still hand it a hold.
  const tried = Promise.resolve().then(() => takeTurn(own, candidate, group))
  // Its failure is looked at by whoever awaits it; one that comes before must not end the process.
  tried.catch(() => {})
  return { job: own, candidate, tried, cancel: () => abort.abort() }
}

/** True: it has ended in time, one way or the other. */
async function overWithin(job: Job, { tried }: Lane, ms: number): Promise<boolean> {
  const over = new AbortController()
  const end = () => {
    over.abort()
    return true
  }
  return Promise.race([tried.then(end, end), job.ports.clock.sleep(ms, over.signal).then(() => over.signal.aborted)])
}

/** What a lane leaves behind is the request's again: the hold that it did not use, the scopes as it has seen them. */
async function alone(job: Job, lane: Lane): Promise<Tried> {
  try {
    return await lane.tried
  } finally {
    job.scopes = lane.job.scopes
    if (lane.job.unused) job.unused = lane.job.unused
  }
}

async function race(job: Job, first: Lane, second: Lane): Promise<Tried> {
  const winner = (await firstAnswer([first, second])) ?? first
  const loser = winner === first ? second : first
  loser.cancel()
  job.beside.push(bookLoser(job, loser))
  if (winner === second) Object.assign(job.line, second.job.line)
  return alone(job, winner)
}

/** The first lane that answers; undefined where none does. */
async function firstAnswer(lanes: readonly Lane[]): Promise<Lane | undefined> {
  const answers = lanes.map(async (lane) => {
    if ('failure' in (await lane.tried)) throw new Error('failed')
    return lane
  })
  return Promise.any(answers).catch(() => undefined)
}

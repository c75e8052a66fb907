import { reasonFor } from '../core/reason.ts'
import { ownerOf } from '../core/stored-turn.ts'
import { type DialectName, sealingDialects } from '../dialects/dialect.ts'
import { sealsOf } from './gathering-seals.ts'
import type { Job } from './job.ts'

/** A read that takes longer is not waited for: what it would bring is worth less than the time. */
const patienceMs = 300
/** Turns of one loop that are asked for. */
const mostTurns = 16

const owner = ({ caller: { key } }: Job): string =>
  ownerOf({ ...(key && { key: key.id }), ...(key?.teamId !== undefined && { team: key.teamId }) })

/**
 * Puts sealed reasoning back that the client has dropped, where this dialect's providers want it: before the worst case is
 * computed, because it is part of the prompt. Never rejects: without it the answer is as good as any other gateway's.
 */
export async function recallSeals(job: Job, dialect: DialectName, model: string): Promise<void> {
  const { lostSeals = [], withSeals, continued } = job.task
  const store = sealsOf(job)
  if (!store || !withSeals || continued || lostSeals.length === 0 || !sealingDialects.has(dialect)) return
  const abort = new AbortController()
  const reads = lostSeals.slice(0, mostTurns).map(async (id) => [id, await store.get(owner(job), id)] as const)
  const late = job.ports.clock.sleep(patienceMs, abort.signal).then(() => [])
  const turns = await Promise.race([Promise.all(reads), late]).catch((error: unknown) => {
    job.ports.log('warn', 'sealed reasoning could not be read', {
      request_id: job.call.requestId,
      reason: reasonFor(error),
    })
    return []
  })
  abort.abort()
  const usable = turns.flatMap(([id, turn]) =>
    turn && turn.details.length > 0 && family(turn.model) === family(model) ? [[id, turn.details] as const] : [],
  )
  if (usable.length > 0) job.task = withSeals(new Map(usable))
}

/** Names of one model on different clouds, where its seals are read alike. */
const family = (model: string): string =>
  model.replace(/^(?:.*\/|(?:[a-z]+\.)+)/, '').replace(/(?:@|-\d{8}|-v\d+:).*$/, '')

/** Keeps what was gathered. Resolves once it is safe; never rejects. */
export async function storeSeals(job: Job): Promise<void> {
  const store = sealsOf(job)
  const gathered = job.sealed.splice(0)
  try {
    if (store) await Promise.all(gathered.map(({ callId, turn }) => store.put(owner(job), callId, turn)))
  } catch (error) {
    job.ports.log('warn', 'sealed reasoning could not be kept', {
      request_id: job.call.requestId,
      reason: reasonFor(error),
    })
  }
}

import type { Seals } from '../core/seals.ts'
import { type DialectName, type ExchangeOptions, sealingDialects } from '../dialects/dialect.ts'
import type { Job } from './job.ts'

/** The store, where there is one and content may be kept. */
export const sealsOf = ({ task, config, ports }: Job): Seals | undefined =>
  task.withSeals && config.storeResponses !== false ? ports.seals : undefined

/**
 * What is gathered while an answer to this dialect is read. The rest is in seals.ts, which is loaded where there is something
 * to recall or to store.
 */
export function gatheringSeals(job: Job, dialect: DialectName, model: string): Pick<ExchangeOptions, 'keepSeals'> {
  if (job.shadow || job.task.keepsSeals || !sealsOf(job) || !sealingDialects.has(dialect)) return {}
  return {
    keepSeals: (callId, details) => {
      job.sealed.push({ callId, turn: { model, details } })
    },
  }
}

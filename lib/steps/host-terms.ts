import type { Deployment } from '../core/deployment.ts'
import { providerOf } from '../providers/rows.ts'
import type { Job } from './job.ts'
import { type Terms, termsOf } from './terms.ts'

/** Terms of an attempt, also where the provider chooses among hosts of different prices; what the config names is booked whoever serves it. */
export async function hostTermsOf(job: Job, deployment: Deployment, model: string): Promise<Terms> {
  const known = termsOf(job, deployment, model)
  const { hostChoice: choice, unboundedModels } = providerOf(deployment.provider) ?? {}
  const several = unboundedModels?.test(model) === true && known.bounds.unbounded === undefined
  const terms = several ? { ...known, bounds: { ...known.bounds, unbounded: 'model' } } : known
  if (!choice || terms.price?.source === 'config') return terms
  return (await import('./roof.ts')).atAnyHost(job, terms, { choice, model })
}

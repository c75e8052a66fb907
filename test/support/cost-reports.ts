import type { CostReport } from '../../lib/dialects/told-cost.ts'
import { providerOf } from '../../lib/providers/rows.ts'

const ids = [
  'openrouter',
  'litellm_proxy',
  'xai',
  'perplexity',
  'perplexity_agent',
  'deepinfra',
  'vercel_ai_gateway',
  'requesty',
] as const

/** Where those providers say what a reply has cost, by their rows. */
export const costReports = Object.fromEntries(
  ids.map((id) => {
    const report = providerOf(id)?.costReport
    if (!report) throw new Error(`row ${id} tells no cost`)
    return [id, report]
  }),
) as Record<(typeof ids)[number], CostReport>

import type { Failure } from '../core/failure.ts'
import { limitsOf } from '../providers/prices.ts'
import type { Candidate } from './choose.ts'
import { isIn } from './eligible-region.ts'
import type { Job } from './job.ts'
import type { Group } from './models.ts'
import { tagged } from './tags.ts'

export type Chosen = { candidates: Candidate[] } | { failure: Failure }

/** The candidates that region, length of the prompt and tags leave, in LiteLLM's order. A rule that leaves nobody says so. */
export function chosen(job: Job, group: Group, refuses: (failure: Failure) => boolean): Chosen {
  const { config, task } = job
  const { regions } = task
  let candidates = group.deployments
  if (regions) {
    candidates = candidates.filter(({ deployment }) => isIn(deployment.region, regions))
    if (!candidates.length) return { failure: elsewhere(group.name, regions) }
  }
  if (config.preCallChecks) {
    const fitting = candidates.filter((candidate) => !isTooLong(job, candidate))
    const failure = tooLong(group.name)
    if (!fitting.length && refuses(failure)) return { failure }
    candidates = fitting.length ? fitting : roomiest(candidates)
  }
  if (config.tagFiltering !== undefined) {
    const found = tagged(candidates, { tags: task.tags, match: config.tagFiltering })
    if (!found.length) return { failure: mismatch(group.name, task.tags) }
    candidates = found
  }
  return { candidates }
}

/** A token of a prompt is seldom longer than four bytes: below this a prompt may fit, above it hardly can. */
const bytesPerToken = 4

/** `inputTokens` of bounds counts bytes. A batch of embeddings is no single prompt, and pictures are not counted so. */
function isTooLong({ task }: Job, { deployment, model }: Candidate): boolean {
  if (task.kind !== 'chat') return false
  const { maxInput } = limitsOf(deployment, model)
  return maxInput !== undefined && task.boundsWith(deployment.params).inputTokens / bytesPerToken > maxInput
}

/** An estimate must not refuse what a provider might take: where nobody else would be asked, the largest windows are tried. */
function roomiest(candidates: readonly Candidate[]): Candidate[] {
  const room = ({ deployment, model }: Candidate) => limitsOf(deployment, model).maxInput ?? Infinity
  const most = Math.max(...candidates.map(room))
  return candidates.filter((candidate) => room(candidate) === most)
}

const nobody = { mayHaveCost: false } as const

const elsewhere = (model: string, regions: readonly string[]): Failure => ({
  ...nobody,
  kind: 'ineligible',
  status: 403,
  message: `No deployment of ${model} is known to be in ${regions.join(' and ')}, where this request may be served (allowed_model_region).`,
})

/** LiteLLM's words and status for it. */
const mismatch = (model: string, tags: readonly string[]): Failure => ({
  ...nobody,
  kind: 'ineligible',
  status: 401,
  message: `Not allowed to access model due to tags configuration. Passed model=${model} and tags=[${tags.map((tag) => `'${tag}'`).join(', ')}]`,
})

const tooLong = (model: string): Failure => ({
  ...nobody,
  kind: 'context_window',
  status: 400,
  message: `The prompt is longer than the context window of every deployment of ${model}.`,
})

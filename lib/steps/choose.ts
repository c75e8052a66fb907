import type { Deployment } from '../core/deployment.ts'
import type { Random } from '../core/ports.ts'
import type { Group } from './models.ts'

export type Candidate = Group['deployments'][number]

/** The group's deployments in tiers of `order`, lowest first; those without one come with order 1 (LiteLLM's rule: the least present order wins). */
export function tiersOf(group: Group): Candidate[][] {
  const tiers = new Map<number, Candidate[]>()
  for (const candidate of group.deployments) {
    const order = candidate.deployment.order ?? 1
    tiers.set(order, [...(tiers.get(order) ?? []), candidate])
  }
  return [...tiers].toSorted(([a], [b]) => a - b).map(([, candidates]) => candidates)
}

/**
 * One deployment at random: by `weight` where any has one, else by `rpm`, else by `tpm`, else evenly (LiteLLM's
 * simple-shuffle). Where some have the number and others not, those without count as zero and serve only if all do.
 */
export function pick(candidates: readonly Candidate[], random: Random): Candidate | undefined {
  const weights = weightsOf(candidates.map((c) => c.deployment))
  const total = weights.reduce((a, b) => a + b, 0)
  let at = random() * total
  for (const [index, weight] of weights.entries()) {
    at -= weight
    if (at < 0) return candidates[index]
  }
  return candidates.at(-1)
}

function weightsOf(deployments: readonly Deployment[]): number[] {
  for (const field of ['weight', 'rpm', 'tpm'] as const) {
    const weights = deployments.map((d) => Math.max(d[field] ?? 0, 0))
    if (weights.some((w) => w > 0)) return weights
  }
  return deployments.map(() => 1)
}

import type { Deployment } from '../core/deployment.ts'

/** Inference profiles of Bedrock say in their name where a request may be served, whatever region takes it. */
const profile = /^(?:us|eu|apac|jp|au|ca|global)(?=\.)/

/** Where a deployment answers from, as its entry shows it. Undefined: it cannot be told, and counts as nowhere in particular. */
export function inferredRegion({ model, variables = {} }: Pick<Deployment, 'model' | 'variables'>): string | undefined {
  const served = profile.exec(model)?.[0]
  if (served !== undefined) return served === 'global' ? undefined : served
  const written = variables.region ?? variables.location
  const region = written && 'value' in written ? written.value.toLowerCase() : undefined
  return region === 'global' ? undefined : region
}

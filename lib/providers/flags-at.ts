import type { Deployment, Secret } from '../core/deployment.ts'
import type { Flags } from '../dialects/flags.ts'

/**
 * The flags of a row for this deployment. Behind a base of its own, a row whose address is known stands for any compatible host:
 * what only the real one refuses may be needed there. Hosts below the row's own (OpenAI's regions) are the real one.
 */
export function flagsAt({ apiBase }: Pick<Deployment, 'apiBase'>, rowBase: string | undefined, flags: Flags): Flags {
  if (!apiBase || !rowBase || isBelow(apiBase, rowBase)) return flags
  return { ...flags, strictFields: false }
}

/** A base that the environment has is not known here, and counts as somebody else's. */
function isBelow(base: Secret, rowBase: string): boolean {
  const host = 'value' in base ? hostOf(base.value) : undefined
  const own = hostOf(rowBase)
  return host !== undefined && own !== undefined && (host === own || host.endsWith(`.${own}`))
}

const hostOf = (base: string): string | undefined => (URL.canParse(base) ? new URL(base).hostname : undefined)

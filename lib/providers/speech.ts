import type { Deployment } from '../core/config.ts'
import type { ClientDialect, DialectName, Flags } from '../dialects/dialect.ts'
import type { Framing } from '../wire/framing.ts'
import type { Provider } from './provider.ts'

/** One way in which a provider can be talked to: a dialect at a path, with the deviations that hold there. */
export type Speech = {
  dialect: DialectName
  /** Path of its chat endpoint, behind the base URL. */
  path: string
  flags: Flags
  framing?: Framing
}

/** A way beside the row's own. `when` says for which calls it is preferred; a deployment can ask for its dialect by name. */
export type OtherSpeech = Speech & {
  /** Upstream models that have it; absent: all. */
  models?: RegExp
  /** `client`: the caller speaks this dialect itself. `reasoned_tools`: the model refuses tools with reasoning elsewhere. `always`: these models have no other way. */
  when: 'client' | 'reasoned_tools' | 'always'
}

/** What of a call decides how its provider is spoken to. */
export type Need = { client: ClientDialect; reasonedTools: boolean }

/** The row's way to talk to this model for this call: its own, unless another one fits better. */
export function speechOf(
  provider: Provider,
  deployment: Deployment,
  { model, need }: { model: string; need: Need },
): Speech {
  const own: Speech = { dialect: provider.dialect, path: provider.paths.chat, flags: provider.flags }
  const others = (provider.also ?? []).filter((other) => other.models?.test(model) ?? true)
  const asked = deployment.dialect
  if (asked !== undefined) return asked === own.dialect ? own : (others.find((other) => other.dialect === asked) ?? own)
  return (
    others.find((other) => other.when === 'always') ??
    (need.client === own.dialect && !need.reasonedTools
      ? own
      : (others.find((other) => other.when === 'client' && other.dialect === need.client) ??
        (need.reasonedTools ? others.find((other) => other.when === 'reasoned_tools') : undefined) ??
        own))
  )
}

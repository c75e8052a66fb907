import type { Deployment } from '../core/deployment.ts'
import type { ClientDialect } from '../dialects/dialect.ts'
import type { Provider } from './provider.ts'
import type { OtherSpeech, Speech } from './speech.ts'

/** What of a call decides how its provider is spoken to. */
export type Need = {
  client: ClientDialect
  reasonedTools: boolean
  /** Tools, and nobody says that the model must not reason. */
  tools?: boolean
  /** One of its tools must be called. */
  forcedCall?: boolean
}

/** The row's way to talk to this model for this call: its own, unless another one fits better. */
export function speechOf(
  provider: Provider,
  deployment: Deployment,
  { model, need }: { model: string; need: Need },
): Speech {
  const fitting = (provider.also ?? []).filter((other) => other.models?.test(model) ?? true)
  const kin = fitting.find((other) => other.when === 'always' && other.dialect === provider.dialect)
  const own: Speech = kin ?? ownSpeech(provider)
  const others = fitting.filter((other) => other !== kin)
  const asked = deployment.dialect
  if (asked !== undefined) return asked === own.dialect ? own : (others.find((other) => other.dialect === asked) ?? own)
  const reasons = (when: OtherSpeech['when']) =>
    (when === 'reasoned_tools' && need.reasonedTools) ||
    (when === 'tools' && need.tools === true) ||
    (when === 'forced_call' && need.forcedCall === true)
  return (
    others.find((other) => other.when === 'always') ??
    others.find((other) => other.params?.some((name) => name in deployment.params)) ??
    others.find((other) => other.when === 'client' && other.dialect === need.client && need.client !== own.dialect) ??
    others.find((other) => reasons(other.when)) ??
    own
  )
}

const ownSpeech = ({ dialect, paths, streamPath, flags }: Provider): Speech => ({
  dialect,
  path: paths.chat ?? '',
  flags,
  ...(streamPath !== undefined && { streamPath }),
})

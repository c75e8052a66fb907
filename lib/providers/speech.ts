import type { Deployment } from '../core/config.ts'
import type { ClientDialect, DialectName } from '../dialects/dialect.ts'
import type { Flags } from '../dialects/flags.ts'
import type { Framing } from '../wire/framing.ts'
import type { Auth, Provider } from './provider.ts'

/** One way in which a provider can be talked to: a dialect at a path, with the deviations that hold there. */
export type Speech = {
  dialect: DialectName
  /** Path of its chat endpoint, behind the base URL; empty: there is none. */
  path: string
  /** The same for streams, where that is another one. */
  streamPath?: string
  flags: Flags
  /** How the key travels there, where that is not the row's own way. */
  auth?: Auth
  framing?: Framing
}

/** A way beside the row's own. `when` says for which calls it is preferred; a deployment can ask for its dialect by name. */
export type OtherSpeech = Speech & {
  /** How a config asks for it in front of the model's name, where that is not the dialect's name: `invoke/`. */
  hint?: string
  /** Upstream models that have it; absent: all. */
  models?: RegExp
  /**
   * `client`: the caller speaks this dialect itself. `reasoned_tools`: the model refuses tools with reasoning elsewhere.
   * `tools`: it does, and it reasons unless told not to. `always`: these models have no other way; in the row's
   * own dialect, their flags instead of the row's. `forced_call`: the request demands a call, which cannot be said
   * elsewhere. `params`: the deployment sets a parameter that is known here alone.
   */
  when: 'client' | 'reasoned_tools' | 'tools' | 'forced_call' | 'always' | 'params'
  /** Those parameters; none: spoken only where a deployment asks for this dialect. */
  params?: readonly string[]
}

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

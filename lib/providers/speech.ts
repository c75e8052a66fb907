import type { DialectName } from '../dialects/dialect.ts'
import type { Flags } from '../dialects/flags.ts'
import type { Framing } from '../wire/framing.ts'
import type { Auth } from './auth.ts'

/** One way in which a provider can be talked to: a dialect at a path, with the deviations that hold there. */
export type Speech = {
  dialect: DialectName
  /** Path of its chat endpoint, behind the base URL; empty: there is none. */
  path: string
  /** The same for streams, where that is another one. */
  streamPath?: string
  /** Where it counts the tokens of a request for free, where that is not behind `path`. `{foundation}`: the model, without a profile. */
  countPath?: string
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

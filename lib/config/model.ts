import type { DialectName } from '../dialects/dialect.ts'
import type { Provider } from '../providers/provider.ts'
import { providerOf, providerOfModel, providers } from '../providers/rows.ts'
import type { Path } from './document.ts'
import type { Reading } from './reading.ts'
import { nearest } from './suggest.ts'

export type UpstreamModel = {
  provider: Provider
  model: string
  /** Asked for by name (`openai/responses/MODEL`), where the provider speaks it beside its own. */
  dialect?: DialectName
}

/**
 * `openai/gpt-4o` is OpenAI's gpt-4o; a name without a prefix is known by itself (`gpt-4o`, `claude-...`), or by
 * `custom_llm_provider`, which wins and leaves other slashes in the name alone.
 */
export function readModel(
  written: string,
  custom: string | undefined,
  { path, reading }: { path: Path; reading: Reading },
): UpstreamModel | undefined {
  const slash = written.indexOf('/')
  const prefix = slash > 0 ? written.slice(0, slash) : undefined
  const id = custom ?? prefix
  const provider = id === undefined ? providerOfModel(written) : providerOf(id)
  if (!provider) {
    const at = [...path, custom === undefined ? 'model' : 'custom_llm_provider']
    if (written === '*')
      reading.error(at, 'names no provider', 'write an entry per provider: model_name openai/*, model openai/*')
    else if (id === undefined)
      reading.error(
        at,
        'names no provider',
        'write provider/model, such as openai/gpt-4o or groq/llama-3.3-70b-versatile',
      )
    else {
      const near = nearest(id, prefixes)
      const other = 'for any OpenAI-compatible server write openai/ and api_base'
      reading.error(
        at,
        `there is no provider ${id} here`,
        near === undefined ? other : `did you mean ${near}/? ${other}`,
      )
    }
    return undefined
  }
  if (provider.unserved !== undefined) {
    const [what, remedy] = provider.unserved.split('; ')
    reading.error([...path, custom === undefined ? 'model' : 'custom_llm_provider'], what ?? '', remedy ?? '')
    return undefined
  }
  const model = prefix !== undefined && providerOf(prefix) === provider ? written.slice(slash + 1) : written
  const { model: plain, dialect } = hinted(provider, model)
  if (plain) return { provider, model: plain, ...(dialect && { dialect }) }
  reading.error([...path, 'model'], 'names no model', `write ${provider.id}/ and the model's name`)
  return undefined
}

/** A model's name without the hint in front of it, and the dialect that the hint asks for. */
export function hinted(provider: Provider, model: string): { model: string; dialect?: DialectName } {
  const hint = provider.modelHints?.find((start) => model.startsWith(start))
  if (hint === undefined) return { model }
  const dialect = dialectOf(provider, hint)
  return { model: model.slice(hint.length), ...(dialect && { dialect }) }
}

/** A hint may ask for one of a provider's dialects; its own too, which then holds whatever the client speaks. */
const dialectOf = ({ dialect, also = [] }: Provider, hint: string): DialectName | undefined =>
  also.find((other) => (other.hint ?? `${other.dialect}/`) === hint)?.dialect ??
  (`${dialect}/` === hint ? dialect : undefined)

const prefixes = providers.flatMap(({ id, aliases = [] }) => [id, ...aliases])

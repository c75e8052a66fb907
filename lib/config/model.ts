import type { Provider } from '../providers/provider.ts'
import { providerOf, providerOfModel, providers } from '../providers/rows.ts'
import type { Path } from './document.ts'
import type { Reading } from './reading.ts'

export type UpstreamModel = { provider: Provider; model: string }

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
    else if (id === undefined) reading.error(at, 'names no provider', `write provider/model; providers: ${supported}`)
    else
      reading.error(
        at,
        `provider ${id} is not supported yet`,
        `supported: ${supported}; for any OpenAI-compatible server write openai/ and api_base`,
      )
    return undefined
  }
  const model = prefix === provider.id ? written.slice(slash + 1) : written
  const hint = provider.modelHints?.find((start) => model.startsWith(start))
  const plain = hint === undefined ? model : model.slice(hint.length)
  if (plain) return { provider, model: plain }
  reading.error([...path, 'model'], 'names no model', `write ${provider.id}/ and the model's name`)
  return undefined
}

const supported = providers.map(({ id }) => id).join(', ')

import type { Config } from '../core/config.ts'
import type { Deployment } from '../core/deployment.ts'
import type { Call } from '../core/http.ts'
import { objectOf, stringOf, tryParse } from '../core/json.ts'
import type { Caller } from '../steps/authenticate.ts'
import { groupOf, resolveAlias } from '../steps/models.ts'
import { splice } from '../wire/json-splice.ts'
import { bodyText } from './body-text.ts'
import { prefixOf } from './path.ts'

type Named = { provider: string; model: string }

/** The deployments of this provider that the config has for a model, by the provider's own name or by the config's; of one group. */
export function configured(config: Config, { provider, model }: Named): Deployment[] {
  const own = config.deployments.filter((one) => one.provider === provider)
  const named = own.filter((one) => one.model === model || one.group === model)
  if (named.length > 0) return named.filter(({ group }) => group === named[0]?.group)
  const wild = own.find((one) => one.model === '*' && one.group.includes('*'))
  // A function, since a name that a caller makes up may hold `$&`, which would stand for something else.
  return wild ? [{ ...wild, group: wild.group.replace('*', () => model), model }] : []
}

/** What the config does not name: nothing is known of it but whose it is. */
export const unconfigured = ({ provider, model }: Named): Deployment => ({
  id: `pass-${provider}-${model}`,
  group: `${provider}/${model}`,
  provider,
  model,
  headers: {},
  params: {},
  additionalDropParams: [],
  mode: 'chat',
  info: {},
})

/** A call below a provider's prefix may name the model as the provider does, wherever it is served: here it gets the config's name. */
export function inNamesOfConfig(config: Config, caller: Caller, call: Call): Call {
  const { provider } = prefixOf(call.path)
  const text = bodyText(call)
  const model = stringOf(objectOf(tryParse(text)).model)
  if (!model || groupOf(config, resolveAlias(config, caller, model))) return call
  const [found] = configured(config, { provider, model })
  return found ? { ...call, body: Buffer.from(splice(text, { set: { model: found.group } })) } : call
}

import type { Config } from '../core/config.ts'
import type { Deployment } from '../core/deployment.ts'
import { GatewayError } from '../core/errors.ts'
import type { Call, Reply } from '../core/http.ts'
import type { JsonObject } from '../core/json.ts'
import { cacheTtlOf } from '../dialects/cache-ttl.ts'
import type { Bounds } from '../dialects/dialect.ts'
import { readBody } from '../dialects/read-body.ts'
import { bytesBounds } from '../dialects/pass/bounds.ts'
import { askedBeside } from '../dialects/pass/invoke.ts'
import { bareModel } from '../dialects/pass/names.ts'
import type { PassCall } from '../dialects/pass/call.ts'
import { passExchange } from '../dialects/pass/index.ts'
import { shapeOf } from '../dialects/pass/shapes.ts'
import type { Caller } from '../steps/authenticate.ts'
import type { Task } from '../steps/task.ts'
import { bodyText } from './body-text.ts'
import { complete, type Machine } from './completion.ts'
import { configured, unconfigured } from './own-names.ts'
import { decoded, prefixOf, refuseDots } from './path.ts'
import { common } from './task.ts'

/**
 * A call in a provider's own words, at the path of its prefix: our key is checked, the provider's is put in, and it counts
 * against budgets like any other. What nobody can bound or price is refused to a key with a hard budget.
 */
export async function passThrough(machine: Machine, call: Call, caller: Caller): Promise<Reply> {
  const { provider, behind: path } = prefixOf(call.path)
  refuseDots(path)
  refuseKeys(path)
  const { text, body } = readBody(bodyText(call))
  const named = modelOf(path, body)
  const { model } = named
  const deployments = servedBy(machine.config, { provider, model })
  const group = deployments[0]?.group ?? `${provider}/${model}`
  const { key: _key, ...query } = call.query
  const pass: PassCall = {
    path,
    query,
    headers: call.headers,
    text,
    body,
    ...named,
    stream: isStream(path, { call, body }),
  }
  // The call names its model itself, and no other provider has these words: nobody but these deployments can serve it.
  const config: Config = { ...machine.config, deployments, aliases: {}, fallbacks: {}, defaultFallbacks: [] }
  return complete({ ...machine, config }, call, caller, passTask({ call, caller, pass, group }))
}

/** Keys for browsers and sockets: what is done with one goes to the provider directly, and nobody here would ever know its cost. */
function refuseKeys(path: string): void {
  if (!/\/(?:realtime|auth_?tokens)(?:\/|$)/i.test(path)) return
  throw new GatewayError('forbidden', {
    message: `${path} makes a key that is used past this gateway, so what it costs could not be counted: it is not passed on.`,
    param: 'path',
  })
}

/**
 * Where a provider reads the model from the path: in front of its verb (behind the last colon: names of the config may have some),
 * behind `deployments`, and as Bedrock has it. `count-tokens` is no model: Vertex counts for the one in the body.
 */
const inPath =
  /\/(?:(?:models|tunedModels)\/(?!count-tokens:)([^/]+)(?=:[a-zA-Z]+(?:\/|$))|deployments\/([^/]+)|model\/([^/]+))/d
/** Elsewhere in it the body's comes first, since that is what the provider reads. */
const somewhere = /\/models?\/([^/:]+(?::\d+)?)/d

/** Providers have it in the path or in the body. Without one nobody can tell what a call costs. */
function modelOf(path: string, body: JsonObject): Pick<PassCall, 'model' | 'modelAt'> {
  const own = typeof body.model === 'string' && body.model !== '' ? bareModel(body.model) : undefined
  const found = inPath.exec(path) ?? (own === undefined ? somewhere.exec(path) : null)
  const place = found?.indices?.slice(1).find((one) => one !== undefined)
  if (place) return { model: decoded(path.slice(...place)), modelAt: { start: place[0], end: place[1] } }
  if (own !== undefined) return { model: own }
  throw new GatewayError('invalid_request', {
    message: `The call names no model, in its path or in its body, so what it costs cannot be known. Only calls that a model answers are passed on.`,
    param: 'model',
  })
}

/** `alt=sse` is Google's; without it, its stream is one JSON list, which is whole at its end. */
function isStream(path: string, { call, body }: { call: Call; body: JsonObject }): boolean {
  if (path.endsWith(':streamGenerateContent')) return call.query.alt === 'sse'
  return body.stream === true || /(?:-stream|:streamRawPredict)$/.test(path)
}

/** One that the config does not name is called with the provider's key from the environment, at a price that nobody knows. */
function servedBy(config: Config, of: { provider: string; model: string }): Deployment[] {
  const found = configured(config, of)
  return found.length > 0 ? found : [unconfigured(of)]
}

type Passing = { call: Call; caller: Caller; pass: PassCall; group: string }

const passTask = ({ call, caller, pass, group }: Passing): Task => {
  const shared = common(call, caller, pass.body)
  return {
    ...shared,
    wishes: { ...shared.wishes, disableFallbacks: true },
    callType: 'pass_through',
    kind: 'pass',
    clientDialect: 'openai',
    reasonedTools: false,
    model: group,
    stream: pass.stream,
    boundsWith: () => boundsOf(pass),
    bind: async (_upstream, options) => passExchange(pass, options),
  }
}

function boundsOf({ path, body, headers }: PassCall): Bounds {
  const shape = shapeOf(path)
  if (!shape) return { ...bytesBounds(body, {}), unbounded: path }
  return { ...shape.bounds(body), cacheTtl: cacheTtlOf(body), ...askedBeside(headers) }
}

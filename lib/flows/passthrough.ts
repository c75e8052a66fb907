import type { Config, Deployment } from '../core/config.ts'
import { GatewayError } from '../core/errors.ts'
import type { Call, Reply } from '../core/http.ts'
import type { JsonObject } from '../core/json.ts'
import type { Bounds } from '../dialects/dialect.ts'
import { readBody } from '../dialects/openai/call.ts'
import { bytesBounds } from '../dialects/pass/bounds.ts'
import { type PassCall, passExchange } from '../dialects/pass/index.ts'
import { shapeOf } from '../dialects/pass/shapes.ts'
import type { Caller } from '../steps/authenticate.ts'
import type { Task } from '../steps/job.ts'
import { bodyText } from './body-text.ts'
import { complete, type Machine } from './completion.ts'
import { common } from './task.ts'

/**
 * A call in a provider's own words, at the path of its prefix: our key is checked, the provider's is put in, and it counts
 * against budgets like any other. What nobody can bound or price is refused to a key with a hard budget.
 */
export async function passThrough(machine: Machine, call: Call, caller: Caller): Promise<Reply> {
  const [, provider = '', path = ''] = /^\/([^/]+)(\/.+)$/.exec(call.path) ?? []
  refuseDots(path)
  const { text, body } = readBody(bodyText(call))
  const model = modelOf(path, body)
  const deployments = servedBy(machine.config, { provider, model })
  const group = deployments[0]?.group ?? `${provider}/${model}`
  const { key: _key, ...query } = call.query
  const pass: PassCall = {
    path,
    query,
    headers: call.headers,
    text,
    body,
    model,
    stream: isStream(path, { call, body }),
  }
  // The call names its model itself, and no other provider has these words: nobody but these deployments can serve it.
  const config: Config = { ...machine.config, deployments, aliases: {}, fallbacks: {}, defaultFallbacks: [] }
  return complete({ ...machine, config }, call, caller, passTask({ call, caller, pass, group }))
}

/** A path must not climb out of the provider's own. */
function refuseDots(path: string): void {
  if (!/(?:^|\/|%2f)(?:\.|%2e){1,2}(?:\/|%2f|$)/i.test(path)) return
  throw new GatewayError('invalid_request', {
    message: `The path ${path} has a segment of dots; write the provider's path as it is.`,
    param: 'path',
  })
}

/** Providers have it in the path or in the body. Without one nobody can tell what a call costs. */
function modelOf(path: string, body: JsonObject): string {
  const [, named] = /\/(?:models?|deployments)\/([^/:]+(?::\d+)?)/.exec(path) ?? []
  const model = named === undefined ? body.model : decodeURIComponent(named)
  if (typeof model === 'string' && model !== '') return model
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

/**
 * The deployments of this provider that serve the model, by its own name or by the config's. One that the config does not name is
 * called with the provider's key from the environment, at a price that nobody knows.
 */
function servedBy(config: Config, of: { provider: string; model: string }): Deployment[] {
  const { provider, model } = of
  const own = config.deployments.filter((one) => one.provider === provider)
  const named = own.filter((one) => one.model === model || one.group === model)
  if (named.length > 0) return named.filter(({ group }) => group === named[0]?.group)
  const wild = own.find((one) => one.model === '*' && one.group.includes('*'))
  if (wild) return [{ ...wild, group: wild.group.replace('*', model), model }]
  return [
    {
      id: `pass-${provider}-${model}`,
      group: `${provider}/${model}`,
      provider,
      model,
      headers: {},
      params: {},
      additionalDropParams: [],
      mode: 'chat',
      info: {},
    },
  ]
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

function boundsOf({ path, body }: PassCall): Bounds {
  const shape = shapeOf(path)
  return shape ? shape.bounds(body) : { ...bytesBounds(body, {}), unbounded: path }
}

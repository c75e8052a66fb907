import type { Failure } from '../core/failure.ts'
import { type Call, jsonReply, type Reply } from '../core/http.ts'
import { parseCountCall } from '../dialects/anthropic/call.ts'
import { countRequest } from '../dialects/anthropic/count.ts'
import { estimateTokens } from '../dialects/anthropic/estimate.ts'
import { anthropicFailure } from '../dialects/anthropic/failure.ts'
import type { Caller } from '../steps/authenticate.ts'
import { checkAccess, groupOf, resolveAlias, unknownModel } from '../steps/models.ts'
import { bodyText } from './body-text.ts'
import type { Machine } from './completion.ts'
import { countedBy } from './counted.ts'
import { servedName } from './messages.ts'

/**
 * How many input tokens a messages request has. A provider that counts for free is asked; for every other the number is our
 * likely estimate, and `x-purser-count` says `estimate`. Nothing of this is billed or held.
 */
export async function countTokens(machine: Machine, call: Call, caller: Caller): Promise<Reply> {
  const { config } = machine
  const read = parseCountCall(bodyText(call), call.headers)
  const requested = servedName(config, caller, read.model)
  const resolved = resolveAlias(config, caller, requested)
  const group = groupOf(config, resolved)
  if (!group) throw unknownModel(requested)
  checkAccess(caller, { requested, resolved })
  const counted = await countedBy(machine, group.deployments, {
    client: 'anthropic',
    path: '/messages',
    suffix: '/count_tokens',
    request: (of) => countRequest(read, of),
    failure: anthropicFailure,
    isRefusal,
  })
  const input_tokens = counted ?? estimateTokens(read.body)
  return jsonReply(200, { input_tokens }, { 'x-purser-count': counted === undefined ? 'estimate' : 'provider' })
}

/**
 * A request that the provider would refuse is refused here too; whatever else goes wrong, there is the estimate. A 404 is the model's
 * where it names it: else this host does not count.
 */
const isRefusal = ({ status, message }: Failure, model: string): boolean =>
  status === 400 || status === 413 || (status === 404 && message.includes(model))

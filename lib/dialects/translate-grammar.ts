import type { ChatRequest } from '../core/chat.ts'
import { GatewayError } from '../core/errors.ts'

/**
 * Grammars that free text of a tool must match, for models that cannot be bound by any: refused by their place, or with
 * `drop_params` given back as what is left out.
 */
export function grammarsDropped({ tools }: ChatRequest, dropParams: boolean): string[] {
  const params = tools.flatMap(({ grammar }) => (grammar ? [grammar.param] : []))
  const [param] = params
  if (param === undefined || dropParams) return params
  throw new GatewayError('unsupported_parameter', {
    param,
    message: `${param} "grammar" is not supported by this model: leave it out, or use "text".`,
  })
}

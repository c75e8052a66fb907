import { GatewayError } from '../core/errors.ts'

/** Names the parameter, the value and both ways out. */
export const unsupported = (param: string, value?: unknown): GatewayError =>
  new GatewayError('unsupported_parameter', {
    param,
    message:
      `${param}${value === undefined ? '' : ` (${JSON.stringify(value).slice(0, 60)})`} is not supported by this model: ` +
      'leave it out, or set drop_params: true in the gateway to have it dropped.',
  })

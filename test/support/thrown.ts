import { GatewayError } from '../../lib/core/errors.ts'

/** The gateway's error that `act` throws. Whatever else it throws is thrown on; that it throws nothing is an error. */
export function errorOf(act: () => unknown): GatewayError {
  try {
    act()
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

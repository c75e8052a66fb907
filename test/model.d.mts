/** A request of the money protocol as the executable specification writes it. `on` is whatever names the item. */
export type SpecifiedRequest = {
  on: unknown
  put?: Record<string, unknown>
  update?: string
  when: string
  names?: Record<string, string>
  values?: Record<string, unknown>
}
export const requests: Record<string, (...of: unknown[]) => SpecifiedRequest>

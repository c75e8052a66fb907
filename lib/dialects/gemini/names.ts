import { createHash } from 'node:crypto'

export type ToolNames = { print(name: string): string; restore(name: string): string }

const legal = /^[a-zA-Z_][a-zA-Z0-9_.-]{0,63}$/
const longest = 64

/**
 * Names of functions begin with a letter or an underscore and hold letters, digits, dots, dashes. A name that does not fit is
 * made to fit and marked by a hash of the whole, the same in every request: earlier turns rely on it.
 */
export function toolNames(): ToolNames {
  const originals = new Map<string, string>()
  return {
    print(name) {
      if (legal.test(name)) return name
      const mark = `_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
      const body = name.replaceAll(/[^a-zA-Z0-9_.-]/g, '_').replace(/^(?=[^a-zA-Z_])/, '_')
      const printed = body.slice(0, longest - mark.length) + mark
      originals.set(printed, name)
      return printed
    },
    restore: (name) => originals.get(name) ?? name,
  }
}

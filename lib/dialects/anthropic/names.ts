/** Ids in this tongue are `[a-zA-Z0-9_-]+`. Others are wrapped whole, so that two never become one, and `plainId` undoes it. */
export const safeId = (id: string): string =>
  /^[a-zA-Z0-9_-]+$/.test(id) && !id.startsWith(wrapped) ? id : wrapped + Buffer.from(id).toString('base64url')

/** The id as its own client wrote it, where it was wrapped for this API. */
export const plainId = (id: string): string =>
  id.startsWith(wrapped) ? Buffer.from(id.slice(wrapped.length), 'base64url').toString() : id

const wrapped = 'purser-'

export type ToolNames = { print(name: string): string; restore(name: string): string }

/**
 * Tool names are `[a-zA-Z0-9_-]{1,128}`, in other tongues shorter; clients' may hold dots and colons (MCP). A name that does not fit is made to fit
 * and marked by a hash of the whole, the same in every request: the prompt cache and earlier turns rely on it.
 * @param illegal what must not stand in a name, every place of it
 */
export function toolNames(longest = 128, illegal = /[^a-zA-Z0-9_-]/g): ToolNames {
  const originals = new Map<string, string>()
  return {
    print(name) {
      const legal = name.replaceAll(illegal, '_')
      if (name !== '' && legal === name && name.length <= longest) return name
      const mark = `_${hash(name)}`
      const printed = legal.slice(0, longest - mark.length) + mark
      originals.set(printed, name)
      return printed
    },
    restore: (name) => originals.get(name) ?? name,
  }
}

/** FNV-1a, 32 bits: no secret, only a mark. */
function hash(text: string): string {
  let state = 0x811c9dc5
  for (const byte of Buffer.from(text)) state = Math.imul(state ^ byte, 0x01000193) >>> 0
  return state.toString(16).padStart(8, '0')
}

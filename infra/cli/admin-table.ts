/** A table for people: columns as wide as their longest cell. */
export const table = (head: string[], rows: readonly string[][]): string => aligned([head, ...rows]).join('\n')

export function aligned(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** JSON for programs. */
export const json = (value: unknown): string => JSON.stringify(value, null, 2)

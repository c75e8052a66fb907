/** Rows of a CSV file (RFC 4180: quotes, doubled quotes, line ends inside quotes), each by the names in the first line. */
export function parseCsv(text: string): Record<string, string>[] {
  const [head, ...rows] = records(text.replace(/^\uFEFF/, ''))
  if (!head) return []
  const names = head.map((name) => name.trim())
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]?.trim() ?? ''])))
}

/** One cell, and what ends it: a comma, a line end or the end of the text. */
const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/y

function records(text: string): string[][] {
  const all: string[][] = []
  let row: string[] = []
  cell.lastIndex = 0
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex
    const match = cell.exec(text)
    if (!match)
      throw new Error(
        `Line ${text.slice(0, at).split('\n').length} is no CSV. Remedy: export the file again, comma separated.`,
      )
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === ',') {
      // A comma at the very end has an empty cell behind it, which the loop would not see.
      if (cell.lastIndex === text.length) row.push('')
      else continue
    }
    if (row.some((value) => value !== '')) all.push(row)
    row = []
  }
  return row.length ? [...all, row] : all
}

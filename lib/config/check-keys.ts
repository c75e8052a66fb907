import type { JsonObject } from '../core/json.ts'
import type { Path } from './document.ts'
import { generalKeys, type KeyTable, litellmKeys, paramKeys, routerKeys } from './keys.ts'
import type { Reading } from './reading.ts'
import { nearest } from './suggest.ts'

/** Values that ask for nothing: a feature that is switched off needs no warning. */
const isOff = (value: unknown) => value === false || value === null || (Array.isArray(value) && !value.length)

export const namesIn = ({ done, fine = [], noted, refused = {} }: KeyTable): string[] => [
  ...done,
  ...fine,
  ...Object.keys(noted),
  ...Object.keys(refused),
]

/** Reports the keys of a section that are refused, not done, or (where `unknown` is an error) not known at all. */
export function checkKeys(
  found: JsonObject,
  table: KeyTable,
  { path, reading, unknown }: { path: Path; reading: Reading; unknown: 'error' | 'pass' },
): void {
  const known = new Set(namesIn(table))
  for (const [key, value] of Object.entries(found)) {
    const at = [...path, key]
    const noted = table.noted[key]
    const instead = table.refused?.[key]
    if (instead !== undefined) {
      if (!isOff(value)) reading.error(at, 'cannot be used with this gateway', instead)
    } else if (noted !== undefined) {
      if (!isOff(value)) reading.warn(at, noted, 'the rest of the config works without it')
    } else if (!known.has(key) && unknown === 'error') reading.error(at, 'unknown setting', remedyFor(key, table, path))
  }
}

const sections: Record<string, KeyTable> = {
  router_settings: routerKeys,
  litellm_settings: litellmKeys,
  general_settings: generalKeys,
  'model_list[].litellm_params': paramKeys,
}

function remedyFor(key: string, table: KeyTable, path: Path): string {
  const elsewhere = Object.entries(sections).find(
    ([name, other]) => name !== path[0] && other !== table && namesIn(other).includes(key),
  )
  if (elsewhere) return `it belongs under ${elsewhere[0]}`
  const near = nearest(key, namesIn(table))
  return near === undefined ? 'remove it' : `did you mean ${near}?`
}

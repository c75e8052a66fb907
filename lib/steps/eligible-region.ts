/** Names of regions that are in one of the two areas LiteLLM knows. Microsoft names its regions by country. */
const areas: Record<string, RegExp> = {
  eu: /^eu(?:-|$)|^europe|europe$|^(?:sweden|switzerland|france|germany|norway|poland|italy|spain|uk)/,
  us: /^us(?:-|$)|us\d?$/,
}

/**
 * Whether a deployment's region is within all that are allowed: itself, an area (`eu`, `us`), or a part of it (`us` has
 * `us-east-1`). One whose region is not known is in none of them: a rule about where data may go must not rest on hope.
 */
export const isIn = (region: string | undefined, allowed: readonly string[]): boolean =>
  region !== undefined && allowed.every((name) => name === region || areas[name]?.test(region) === true)

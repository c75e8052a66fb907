import type { Draft } from './host-draft.ts'

/** Names and bounds of single parameters. A hotter temperature than the host has is not to be had; a stop that is left out is missed. */
export function hostParams({ body, flags, refuse }: Draft): void {
  const { stop, temperature } = body
  const { stopMax, temperatureMax } = flags
  if (stopMax !== undefined && Array.isArray(stop) && stop.length > stopMax) {
    refuse('stop', stop)
    if (stopMax === 0) delete body.stop
    else body.stop = stop.slice(0, stopMax)
  }
  if (stopMax === 0 && typeof body.stop === 'string') {
    refuse('stop', stop)
    delete body.stop
  }
  if (temperatureMax !== undefined && typeof temperature === 'number' && temperature > temperatureMax) {
    body.temperature = temperatureMax
  }
  for (const [name, theirs] of Object.entries(flags.renameParams ?? {})) {
    const value = body[name]
    if (value === undefined) continue
    body[theirs] ??= value
    delete body[name]
  }
}

import { readFileSync } from 'node:fs'

/** A stream of test/fixtures/anthropic: one event's JSON a line. */
export const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/anthropic/${name}.chunks.txt`, import.meta.url), 'utf8')

import { execFileSync } from 'node:child_process'

/** Builds the collector before the first test: two minutes the first time, nothing afterwards. */
export function setup(): void {
  execFileSync(new URL('build.sh', import.meta.url).pathname, { stdio: 'inherit' })
}

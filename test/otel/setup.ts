import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Builds the collector before the first test: two minutes the first time, nothing afterwards. */
export function setup(): void {
  execFileSync(fileURLToPath(new URL('build.sh', import.meta.url)), { stdio: 'inherit' })
}

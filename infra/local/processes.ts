import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const hasProc = existsSync('/proc/self/stat')

/**
 * When a process was started, in whatever unit the system has; undefined where it does not run. A process id comes back
 * after a while, its start does not: both together name one process for good.
 */
export function startOf(pid: number): string | undefined {
  try {
    if (!hasProc) return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in parentheses and may itself contain anything (proc(5)).
    const [state, ...rest] = fields.slice(fields.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : rest[18]
  } catch {
    return undefined
  }
}

/** Ids of the processes whose command line has all of these words: an engine is recognised by its program and its file. */
export function processesWith(words: readonly string[]): number[] {
  const lines = hasProc ? commandLines() : listedCommandLines()
  return lines.filter(({ line }) => words.every((word) => line.includes(word))).map(({ pid }) => pid)
}

function commandLines(): { pid: number; line: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) return []
    try {
      return [{ pid, line: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') }]
    } catch {
      return [] // it ended in between, or is somebody else's
    }
  })
}

const listedCommandLines = () =>
  execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => ({ pid: Number.parseInt(line, 10), line: line.trim().replace(/^\d+\s+/, '') }))
    .filter(({ pid }) => pid > 0 && pid !== process.pid)

/** Ends a process: asks, and after `graceMs` insists. Resolves once it is gone. */
export async function endProcess(pid: number, graceMs = 3000): Promise<void> {
  const start = startOf(pid)
  const runs = () => start !== undefined && startOf(pid) === start
  signal(pid, 'SIGTERM')
  for (let waited = 0; runs() && waited < graceMs; waited += 20) await sleep(20)
  if (!runs()) return
  signal(pid, 'SIGKILL')
  for (let waited = 0; runs() && waited < graceMs; waited += 20) await sleep(20)
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch {
    // gone already
  }
}

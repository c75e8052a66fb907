import type { Client } from './faults.ts'

/** What a fault is worth: the status, whether the answer is whole in spite of it, and how many attempts the provider saw and bills. */
export type Row = { status: number; whole?: boolean; attempts: number; billed: number }
export type Rows = Record<string, { streamed: Row; plain?: Row }>

const good: Row = { status: 200, whole: true, attempts: 1, billed: 1 }
const partly: Row = { status: 200, whole: false, attempts: 1, billed: 1 }
const same = (row: Row) => ({ streamed: row, plain: row })
const silent = same({ status: 408, attempts: 1, billed: 1 })

/** One deployment, no fallback, two retries allowed. */
export const faultRows: Rows = {
  ok: same(good),
  'status,status=429,retry-after=0': same({ status: 429, attempts: 3, billed: 0 }),
  'status,status=429,retry-after=1,times=1': same({ ...good, attempts: 2 }),
  'status,status=429,retry-after=9000': same({ status: 429, attempts: 1, billed: 0 }),
  'status,status=500,times=1': same({ ...good, attempts: 2 }),
  'status,status=500': same({ status: 500, attempts: 2, billed: 0 }),
  'status,status=401': same({ status: 502, attempts: 1, billed: 0 }),
  quota: same({ status: 429, attempts: 1, billed: 0 }),
  context: same({ status: 400, attempts: 1, billed: 0 }),
  filter: same({ status: 400, attempts: 1, billed: 0 }),
  'html,size=2000000': same({ status: 500, attempts: 2, billed: 0 }),
  'html-ok': same({ status: 502, attempts: 2, billed: 0 }),
  redirect: same({ status: 502, attempts: 1, billed: 0 }),
  'error-body': same({ status: 500, attempts: 2, billed: 0 }),
  reset: same({ status: 502, attempts: 2, billed: 2 }),
  'reset,times=1': same({ ...good, attempts: 2, billed: 2 }),
  silent,
  'slow,wait=5000': silent,
  comments: { streamed: { status: 408, attempts: 1, billed: 1 } },
  role: { streamed: { status: 408, attempts: 1, billed: 1 } },
  'drip,gap=30': { streamed: { status: 408, attempts: 1, billed: 1 }, plain: { status: 408, attempts: 1, billed: 1 } },
  'drip,gap=0,tokens=4': same(good),
  'cut,after=40,tokens=60': { streamed: partly, plain: { status: 502, attempts: 2, billed: 2 } },
  'clean-cut,after=40,tokens=60': { streamed: partly },
  'cut,after=0': { streamed: { status: 502, attempts: 2, billed: 2 } },
  'stall,after=20,tokens=60': { streamed: partly },
  'error-late': { streamed: partly },
  malformed: { streamed: good, plain: { status: 502, attempts: 2, billed: 2 } },
  lost: { streamed: partly },
  noise: { streamed: good },
  'no-done': { streamed: good },
  'no-usage': same(good),
  'finish-stall': { streamed: good },
  gzip: same(good),
  'gzip,by=br': same(good),
  'gzip,by=deflate': same(good),
  'plain-type': { streamed: good },
}

/** A tool, in each client's tongue. */
export const tools: Record<Client, object> = {
  chat: { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }] },
  messages: { tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }] },
}

/** The messages API has statuses of its own for two of these. */
export const ownStatus: Record<number, number> = { 408: 504, 503: 529 }

import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { decoded } from '../../lib/net/decoded.ts'
import { readAll } from '../../lib/steps/reading.ts'

const text = 'data: {"content":"words and words and words"}\n\n'.repeat(200)

async function* inPieces(bytes: Uint8Array, closed?: () => void) {
  try {
    for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7)
  } finally {
    closed?.()
  }
}
const read = async (bytes: Uint8Array, encoding?: string) =>
  Buffer.from(await readAll(decoded(inPieces(bytes), encoding))).toString()

it.each([
  ['gzip', gzipSync],
  ['X-GZIP', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
] as const)('a body by %s is read as it was', async (encoding, compress) => {
  expect(await read(compress(text), encoding)).toBe(text)
})

it('a plain body, or one that nobody knows, is left as it is', async () => {
  expect(await read(Buffer.from(text))).toBe(text)
  expect(await read(Buffer.from(text), 'identity')).toBe(text)
  expect(await read(Buffer.from(text), 'rot13')).toBe(text)
})

it('a body that is cut, or is not what it says, is a broken connection', async () => {
  await expect(read(gzipSync(text).subarray(0, 60), 'gzip')).rejects.toMatchObject({ kind: 'reset' })
  await expect(read(Buffer.from(text), 'gzip')).rejects.toMatchObject({ kind: 'reset' })
})

it('closes the source where its reader leaves early', async () => {
  const random = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 2_654_435_761) >>> 24))
  let closed = false
  for await (const chunk of decoded(
    inPieces(gzipSync(random), () => (closed = true)),
    'gzip',
  ))
    if (chunk.length) break
  await new Promise((resolve) => setTimeout(resolve, 20))

  expect(closed).toBe(true)
})

import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { boundsOf as messagesBounds } from '../../lib/dialects/anthropic/bounds.ts'
import { boundsOf } from '../../lib/dialects/openai/bounds.ts'
import { imageTokens } from '../../lib/dialects/openai/media-bounds.ts'
import { pdfPages } from '../../lib/dialects/pdf-pages.ts'

const base64 = (...parts: (string | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part))).toString('base64')
const pages = (count: number) =>
  Array.from({ length: count }, (_, at) => `${at + 5} 0 obj<</Type/Page/Parent 2 0 R>>endobj\n`)
const tree = (count: number) => `2 0 obj<</Type /Pages /Kids[5 0 R] /Count ${count}>>endobj\n`
const packed = (text: string) => {
  const stream = deflateSync(text)
  const head = `9 0 obj<</Type/ObjStm/N 9/First 9/Filter/FlateDecode/Length ${stream.length}>>stream\r\n`
  return [head, stream, '\r\nendstream endobj\n']
}

describe('pages of a PDF', () => {
  test.each([
    ['its page objects', base64('%PDF-1.4\n', tree(3), ...pages(3)), 3],
    ['the root of their tree', base64('%PDF-1.4\n', tree(40)), 40],
    ['compressed objects', base64('%PDF-1.7\n', ...packed(tree(120) + pages(120).join(''))), 120],
    ['several streams of them', base64('%PDF-1.7\n', ...packed(pages(7).join('')), ...packed(pages(8).join(''))), 15],
    ['both', base64('%PDF-1.7\n', ...pages(3), ...packed(pages(8).join(''))), 11],
    ['very many counts', base64('%PDF-1.4\n', '/Count 7 '.repeat(300_000)), 7],
    ['nothing', base64('%PDF-1.7\n', 'x'.repeat(99)), 1],
    ['a stream that cannot be read', base64('%PDF-1.7\n', '/ObjStm>>stream\r\nxx endstream', ...pages(2)), 1000],
    ['a stream that has no end', base64('%PDF-1.7\n', '/ObjStm>>stream\r\nxx'), 1000],
    ['more than anybody inflates', base64('%PDF-1.7\n', ...packed(' '.repeat(17 * 1024 * 1024))), 1000],
    ['a mark that comes late', base64('\n'.repeat(50), '%PDF-1.4\n', ...pages(2)), 2],
    ['no PDF at all', base64('Hello /Type/Page'), 0],
  ])('are told by %s', (_, file, count) => {
    expect(pdfPages(file)).toBe(count)
  })

  test('count as pictures wherever a request may have a document', () => {
    const data = base64('%PDF-1.7\n', ...packed(pages(30).join('')))
    const url = `data:application/pdf;base64,${data}`
    const chat = (part: object) =>
      boundsOf({ messages: [{ role: 'user', content: [part as { type: string }] }] }).inputTokens
    const block = (type: string) => ({ type, source: { type: 'base64', media_type: 'application/pdf', data } })
    const messages = (type: string) =>
      messagesBounds({ messages: [{ role: 'user', content: [block(type)] }] }).inputTokens

    const counted = [
      chat({ type: 'file', file: { file_data: url } }),
      chat({ type: 'file', file: { file_data: data } }),
      chat({ type: 'image_url', image_url: { url } }),
      messages('document'),
      messages('image'),
    ]

    expect(Math.min(...counted)).toBeGreaterThan(30 * imageTokens)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundaryOf, FormError, type FormPart, parseForm, printForm } from '../../lib/wire/multipart.ts'

const parsed = (text: string) => parseForm(Buffer.from(text), 'XX')

describe('a form', () => {
  it('is read back as it was written, whatever its bytes are', () => {
    const part = fc.record(
      {
        name: fc.stringMatching(/^[\w[\]]{1,12}$/),
        filename: fc.stringMatching(/^[\w.]{1,12}$/),
        contentType: fc.constantFrom('audio/wav', 'image/png'),
        body: fc.uint8Array(),
      },
      { requiredKeys: ['name', 'body'] },
    )
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const read = parseForm(Buffer.concat(printForm(parts, 'a-boundary-of-its-own')), 'a-boundary-of-its-own')

        expect(read.map((one) => ({ ...one, body: Buffer.from(one.body) }))).toEqual(
          parts.map((one) => ({ ...one, body: Buffer.from(one.body) })),
        )
      }),
    )
  })

  it('gives views of the bytes, not copies', () => {
    const bytes = Buffer.from('--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\nbody\r\n--XX--\r\n')
    const [part] = parseForm(bytes, 'XX')

    expect((part as FormPart).body.buffer).toBe(bytes.buffer)
  })

  it.each([
    ['', /not in it/],
    ['--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\nbody', /middle of a part/],
    ['--XX\r\nContent-Disposition: form-data\r\n\r\nbody\r\n--XX--', /no name/],
  ])('that is %j says what is wrong', (text, words) => {
    expect(() => parsed(text)).toThrow(FormError)
    expect(() => parsed(text)).toThrow(words)
  })

  it.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['multipart/form-data; charset=utf-8; boundary="a b"', 'a b'],
    ['application/json', undefined],
    ['multipart/form-data', undefined],
    [undefined, undefined],
  ])('is announced by %j', (header, boundary) => {
    expect(boundaryOf(header)).toBe(boundary)
  })
})

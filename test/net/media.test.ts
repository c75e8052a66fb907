import { createServer, get as getHttp, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { mediaFetcher } from '../../lib/net/media.ts'
import { guardedLookup, publicAddresses, type Resolve } from '../../lib/net/public-address.ts'

const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from('rest of it')])
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

type Asked = { url: URL; headers: IncomingMessage['headers'] }

/** A fetcher whose https leads to a server here, whatever the host: what it is asked for is seen. */
async function fetcherTo(listener: RequestListener, timeoutMs = 5000) {
  const asked: Asked[] = []
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const fetch = mediaFetcher({
    timeoutMs,
    get(url, { headers, signal }, callback) {
      asked.push({ url, headers })
      return getHttp(`http://127.0.0.1:${port}${url.pathname}`, { headers, signal, agent: false }, callback)
    },
  })
  return { fetch, asked }
}

const answering = (body: Buffer | string, headers: Record<string, string> = {}) =>
  fetcherTo((_, response) => response.writeHead(200, headers).end(body))

describe('what is at an address', () => {
  it('comes as bytes, with a type that they tell themselves', async () => {
    const { fetch, asked } = await answering(png, { 'content-type': 'text/html' })

    expect(await fetch('https://pictures.example/a?b=c')).toEqual({
      mediaType: 'image/png',
      base64: png.toString('base64'),
    })
    expect(asked[0]?.headers).toEqual({ 'user-agent': 'purser', accept: '*/*', 'accept-encoding': 'identity' })
  })

  it.each([
    ['a,b\n', 'text/csv; charset=utf-8', { mediaType: 'text/csv', base64: 'YSxiCg==' }],
    ['<html>', 'image/png', { refused: expect.stringContaining('no PNG') as string }],
    ['<html>', 'application/pdf', { refused: expect.stringContaining('no PNG') as string }],
    ['?', '', { refused: expect.stringContaining('no PNG') as string }],
  ])('%j, said to be %s, is told for what it is', async (body, type, media) => {
    const { fetch } = await answering(body, { 'content-type': type })

    expect(await fetch('https://files.example/a')).toEqual(media)
  })

  it.each([
    ['http://pictures.example/a', 'only https'],
    ['ftp://pictures.example/a', 'only https'],
    ['https://pictures.example:8443/a', 'port'],
    ['https://user:word@pictures.example/a', 'password'],
    ['https://', 'no URL'],
    ['https://127.0.0.1/a', 'public internet'],
    ['https://2130706433/a', 'public internet'],
    ['https://0x7f.1/a', 'public internet'],
    ['https://169.254.169.254/latest/meta-data', 'public internet'],
    ['https://[::1]/a', 'public internet'],
    ['https://[::ffff:10.0.0.1]/a', 'public internet'],
    ['https://[fd00:ec2::254]/a', 'public internet'],
  ])('%s is not asked for', async (url, why) => {
    const { fetch, asked } = await answering(png)

    expect(await fetch(url)).toEqual({ refused: expect.stringContaining(why) as string })
    expect(asked).toEqual([])
  })

  it('is not believed to end where its connection broke', async () => {
    const { fetch } = await fetcherTo((_, response) => {
      response.writeHead(200, { 'content-length': '5000' }).write(png)
      setTimeout(() => response.destroy(), 20)
    })

    expect(await fetch('https://pictures.example/a')).toEqual({ refused: 'it could not be read' })
  })

  it.each([
    ['said so', { 'content-length': String(21 * 1024 * 1024) }],
    ['said nothing', {}],
  ])('is refused beyond 20 MB, where its host has %s', async (_, headers) => {
    const { fetch } = await fetcherTo((_, response) => {
      response.writeHead(200, headers)
      const piece = Buffer.alloc(1024 * 1024, 1)
      const more = () => void (response.destroyed || response.write(piece, () => setImmediate(more)))
      more()
    })

    expect(await fetch('https://pictures.example/a')).toEqual({ refused: 'it is larger than 20 MB' })
  })

  it('that never comes is given up', async () => {
    const { fetch } = await fetcherTo((_, response) => void response.writeHead(200).write(png), 300)

    expect(await fetch('https://pictures.example/a')).toEqual({ refused: 'it did not come within 0.3 seconds' })
  })

  it('is followed within its host, and nowhere else', async () => {
    const redirect = (location: string) =>
      fetcherTo((request, response) =>
        request.url === '/b' ? response.end(png) : response.writeHead(302, { location }).end(),
      )
    const within = await redirect('/b')
    const away = await redirect('https://elsewhere.example/b')
    const inside = await redirect('https://10.0.0.1/b')
    const plain = await redirect('http://pictures.example/b')
    const round = await redirect('/a')
    const url = 'https://pictures.example/a'

    expect(await within.fetch(url)).toMatchObject({ mediaType: 'image/png' })
    expect(await away.fetch(url)).toEqual({ refused: 'it leads to another host' })
    expect(await inside.fetch(url)).toEqual({ refused: expect.stringContaining('public internet') as string })
    expect(await plain.fetch(url)).toEqual({ refused: 'only https is fetched' })
    expect(await round.fetch(url)).toEqual({ refused: 'it leads on more than 3 times' })
    expect([away, inside, plain].map(({ asked }) => asked.length)).toEqual([1, 1, 1])
  })

  it('that answers with an error is none', async () => {
    const { fetch } = await fetcherTo((_, response) => response.writeHead(404).end())

    expect(await fetch('https://pictures.example/a')).toEqual({ refused: 'its host answered 404' })
  })
})

describe('names', () => {
  const resolving =
    (...addresses: string[]): Resolve =>
    (_name, _options, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )

  it.each([[['127.0.0.1']], [['93.184.215.14', '10.0.0.1']], [['::1']], [['fe80::1']], [[]]])(
    'that lead to %j are refused where the connection is made',
    async (addresses) => {
      const fetch = mediaFetcher({ resolve: resolving(...addresses) })

      expect(await fetch('https://pictures.example/a')).toEqual({
        refused: 'its host has no address on the public internet',
      })
    },
  )

  it('that lead to the public internet are connected to as they were judged', () => {
    const lookup = guardedLookup(publicAddresses(), resolving('93.184.215.14', '2606:2800:21f:cb07::1'))
    const told: unknown[] = []

    lookup('pictures.example', { all: true }, (...all) => told.push(all))
    lookup('pictures.example', {}, (...all) => told.push(all))

    expect(told).toEqual([
      [
        null,
        [
          { address: '93.184.215.14', family: 4 },
          { address: '2606:2800:21f:cb07::1', family: 6 },
        ],
      ],
      [null, '93.184.215.14', 4],
    ])
  })

  it.each([
    ['0.0.0.0', false],
    ['100.64.0.1', false],
    ['100.128.0.1', true],
    ['172.31.255.255', false],
    ['172.32.0.1', true],
    ['192.168.1.1', false],
    ['198.19.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['8.8.8.8', true],
    ['::', false],
    ['::ffff:8.8.8.8', false],
    ['64:ff9b::a00:1', false],
    ['2001::1', false],
    ['2002:7f00:1::', false],
    ['fc00::1', false],
    ['ff02::1', false],
    ['2a00:1450:4001:800::200e', true],
  ])('%s is public: %s', (address, expected) => {
    expect(publicAddresses()(address)).toBe(expected)
  })
})

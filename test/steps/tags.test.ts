import { describe, expect, it } from 'vitest'
import { tagged } from '../../lib/steps/tags.ts'
import { deployment } from '../support/configuration.ts'

const one = (id: string, tags?: string[]) => ({
  deployment: deployment({ group: 'g', id, ...(tags && { tags }) }),
  model: 'm',
})
const all = [one('free', ['free']), one('paid', ['paid', 'eu']), one('rest', ['default']), one('plain')]
const withoutDefault = all.filter(({ deployment: { id } }) => id !== 'rest')

type By = { match?: 'any' | 'all'; by?: typeof all }

const served = (tags: string[], { match = 'any', by = all }: By = {}) =>
  tagged(by, { tags, match }).map(({ deployment: { id } }) => id)

describe('tag routing', () => {
  it.each<[string, string[], string[]]>([
    ['a tag finds who has it', ['free'], ['free']],
    ['any of several tags is enough', ['free', 'eu'], ['free', 'paid']],
    ['whom nobody claims the default serves', ['unknown'], ['rest']],
    ['without tags the default serves', [], ['rest']],
    ['a denied tag rules out', ['!eu', 'paid', 'free'], ['free']],
    ['a denied default leaves nobody, not everybody', ['!default'], []],
    ['a required tag must be there', ['&eu'], ['paid']],
    ['a required tag stands beside the others', ['&eu', 'free'], []],
    ['a mark alone means nothing', ['!', '&'], ['rest']],
  ])('%s', (_, tags, ids) => {
    expect(served(tags)).toEqual(ids)
  })

  it('all tags must be there where any is not enough', () => {
    expect(served(['paid', 'eu'], { match: 'all' })).toEqual(['paid'])
    expect(served(['paid', 'free'], { match: 'all' })).toEqual(['rest'])
  })

  it('without a default, no tags go anywhere and foreign tags nowhere', () => {
    expect(served([], { by: withoutDefault })).toEqual(['free', 'paid', 'plain'])
    expect(served(['unknown'], { by: withoutDefault })).toEqual([])
    expect(served(['!eu'], { by: withoutDefault })).toEqual(['free', 'plain'])
  })
})

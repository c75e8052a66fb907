import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { check } from '../../../infra/cli/config.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/config/${name}`, import.meta.url))

it('prints what a good config serves, what has a price, and what is not set', () => {
  const { ok, text } = check(fixture('litellm-three-models.yaml'), { OPENAI_API_KEY: 'sk-not-to-be-shown' })

  expect(ok).toBe(true)
  expect(text).toContain('0 errors, 0 warnings')
  expect(text).toContain('openai/gpt-4o-mini  $0.15 in, $0.6 out per million tokens (genai-prices@')
  expect(text).toContain('ollama/llama3.1  no price')
  expect(text).toMatch(/not set in this environment:\n {2}ANTHROPIC_API_KEY$/)
  expect(text).not.toContain('sk-not-to-be-shown')
})

it('prints the problems of a broken one, with file and line, and no summary', () => {
  const { ok, text } = check(fixture('broken.yaml'), {})

  expect(ok).toBe(false)
  expect(text).toMatch(
    /broken\.yaml:25:3 error litellm_settings\.drop_parms \(true\): unknown setting; did you mean drop_params\?/,
  )
  expect(text).toMatch(/broken\.yaml: 29 errors, 1 warning$/)
})

it('says that there is no such file', () => {
  expect(check('nowhere.yaml', {})).toMatchObject({
    ok: false,
    text: expect.stringContaining('there is no such file') as string,
  })
})

/// <reference path="../../lib/net/undici.d.ts" />
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import Anthropic, { BadRequestError } from '@anthropic-ai/sdk'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGateway, type Gateway } from '../../lib/library/index.ts'
import { rejection, scripts } from '../library/gateways.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'

// SDKs in front of the in-process library, whose door has neither a socket nor an address.
let upstream: ScriptedUpstream
let gateway: Gateway

beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await createGateway({ config: scripts(upstream.url), env: {} })
})
afterAll(async () => {
  await gateway.close()
  await upstream.stop()
})

const words = 'w0 w1 w2 w3 w4 w5 w6 w7'
const messages = [{ role: 'user' as const, content: 'Say words.' }]
const models = ['ok', 'claude/ok']

test.each(models)("Anthropic's SDK, whole and streamed (%s)", async (model) => {
  const anthropic = new Anthropic({ ...gateway.clientOptions, maxRetries: 0 })
  const whole = await anthropic.messages.create({ model, messages, max_tokens: 20 })
  const streamed = await anthropic.messages.stream({ model, messages, max_tokens: 20 }).finalMessage()

  for (const { content, usage } of [whole, streamed]) {
    expect(content).toMatchObject([{ type: 'text', text: words }])
    expect(usage.output_tokens).toBe(8)
  }
})

test("Anthropic's SDK, made for Anthropic itself: typed errors", async () => {
  const anthropic = new Anthropic({ apiKey: 'any', fetch: gateway.fetch, maxRetries: 0 })

  const error = await rejection(anthropic.messages.create({ model: 'claude/context', messages, max_tokens: 20 }))

  expect(error).toBeInstanceOf(BadRequestError)
})

test.each(models)("OpenAI's SDK: the types of its parameters fit completion (%s)", async (model) => {
  const params: OpenAI.ChatCompletionCreateParamsNonStreaming = { model, messages, max_tokens: 20 }

  const answer = await gateway.completion(params)

  expect(answer.choices[0]?.message.content).toBe(words)
})

test.each(models)("Vercel's ai, both of its ways (%s)", async (model) => {
  const { baseURL, apiKey, fetch } = gateway.clientOptions
  const provider = createOpenAI({ baseURL: `${baseURL}/v1`, apiKey, fetch })
  const anthropic = createAnthropic({ baseURL: `${baseURL}/v1`, apiKey, fetch })
  const prompt = 'Say words.'

  for (const spoken of [provider.chat(model), provider.responses(model), anthropic(model)]) {
    const { text } = await generateText({ model: spoken, prompt, maxOutputTokens: 20 })
    const streamed = await streamText({ model: spoken, prompt, maxOutputTokens: 20 }).text

    expect([text, streamed]).toEqual([words, words])
  }
})

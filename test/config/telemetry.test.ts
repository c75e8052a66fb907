import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../lib/config/load.ts'
import { checkOtlpProtocol, otlpBase, otlpHeaders } from '../../lib/config/otlp.ts'

const models = 'model_list: [{ model_name: m, litellm_params: { model: ollama/m } }]'
const load = (text: string) => loadConfig(`${models}\n${text}`, { file: 'config.yaml' })

describe('what telemetry may say', () => {
  it('has no prompts in it, and tells providers no traces, unless it is asked to', () => {
    const { config } = load('')

    expect(config).toBeDefined()
    expect(config?.captureMessageContent).toBeUndefined()
    expect(config?.forwardTraceparent).toBeUndefined()
  })

  it('is what the settings say', () => {
    const { config, problems } = load(
      'general_settings: { capture_message_content: true }\nlitellm_settings: { forward_traceparent_to_llm_provider: true }',
    )

    expect(problems).toEqual([])
    expect(config).toMatchObject({ captureMessageContent: true, forwardTraceparent: true })
  })

  it("is ruled by LiteLLM's switch for prompts, with a warning that names the line", () => {
    const { config, problems } = load(
      'general_settings: { capture_message_content: true }\nlitellm_settings: { turn_off_message_logging: true }',
    )

    expect(config?.captureMessageContent).toBeUndefined()
    expect(problems).toMatchObject([{ severity: 'warning', line: 2 }])
  })

  it('needs no callback, and takes the one that LiteLLM has', () => {
    expect(load('litellm_settings: { callbacks: ["otel"] }').problems).toEqual([])
    expect(load('litellm_settings: { callbacks: ["langfuse"] }').problems).toHaveLength(1)
  })
})

describe('the address of a collector', () => {
  it.each([
    ['http://127.0.0.1:4318', 'http://127.0.0.1:4318'],
    ['https://otlp.example.com/otlp/', 'https://otlp.example.com/otlp'],
    ['https://collector/v1/traces', 'https://collector'],
  ])('%s is %s', (endpoint, base) => {
    expect(otlpBase(endpoint)).toBe(base)
  })

  it.each(['collector:4317', 'grpc://collector', 'https://user:pw@collector', ''])('is not %j', (endpoint) => {
    expect(() => otlpBase(endpoint)).toThrow(/OTEL_EXPORTER_OTLP_ENDPOINT is ".*such as http:\/\/127\.0\.0\.1:4318/)
  })

  it('is one for HTTP', () => {
    expect(() => checkOtlpProtocol('grpc')).toThrow(/OTEL_EXPORTER_OTLP_PROTOCOL is "grpc".*4318/)
    expect(() => checkOtlpProtocol('http/protobuf')).not.toThrow()
  })
})

describe('the headers for a collector', () => {
  it('are names and values', () => {
    expect(otlpHeaders('Authorization=Basic%20abc==, x-scope = team ,')).toEqual({
      authorization: 'Basic abc==',
      'x-scope': 'team',
    })
    expect(otlpHeaders(undefined)).toEqual({})
    expect(otlpHeaders('key=100%')).toEqual({ key: '100%' })
  })

  it('are refused without being shown', () => {
    expect(() => otlpHeaders('a=b,s3cret')).toThrow(/part 2 is not name=value/)
    expect(() => otlpHeaders('s3cret')).not.toThrow(/s3cret/)
  })
})

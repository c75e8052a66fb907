import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { GatewayError } from '../../lib/core/errors.ts'
import { type JsonObject, listOf, objectOf, stringOf } from '../../lib/core/json.ts'
import { exchangeOf, sent } from '../support/gemini.ts'

const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }]

function refusal(run: () => unknown): GatewayError {
  try {
    run()
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('was not refused')
}

describe('tools', () => {
  const one = (definition: JsonObject, more: JsonObject = {}, model = 'gemini-2.5-flash') =>
    sent({ tools: [{ type: 'function', function: definition }], ...more }, { upstreamModel: model })
  const declared = (body: JsonObject) => objectOf(listOf(objectOf(listOf(body.tools)[0]).functionDeclarations)[0])

  it('keep JSON Schema with its references, where the model takes it', () => {
    const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' }, size: { const: 1, minLength: 2 } } }
    const parameters = { $schema: 'x', type: 'object', properties: { list: { $ref: '#/$defs/node' } }, $defs: { node } }

    expect(declared(one({ name: 'f', description: 'd', parameters })).parametersJsonSchema).toEqual({
      type: 'object',
      properties: { list: { $ref: '#/$defs/node' } },
      $defs: {
        node: {
          type: 'object',
          properties: { next: { $ref: '#/$defs/node' }, size: { enum: [1], description: '(minLength: 2)' } },
        },
      },
    })
  })

  it('are not made many times as long by what their schemas refer to again and again, where there are no references', () => {
    const many = (to: string): JsonObject => ({
      type: 'object',
      properties: Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { $ref: `#/$defs/${to}` }])),
    })
    const last = { type: 'object', description: 'x'.repeat(1000) }
    const $defs = { one: many('two'), two: many('three'), three: many('four'), four: many('five'), five: last }
    const parameters = { type: 'object', properties: { top: { $ref: '#/$defs/one' } }, $defs }
    const printed = JSON.stringify(one({ name: 'f', parameters }, {}, 'gemini-2.0-flash'))

    expect(printed.length).toBeLessThan(JSON.stringify(parameters).length * 5 + 5000)
    expect(printed).toContain('x'.repeat(1000))
  })

  it('have the schema of OpenAPI elsewhere: no references, no type lists, and no end to no recursion', () => {
    const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' } } }
    const parameters = {
      type: 'object',
      additionalProperties: false,
      properties: {
        list: { $ref: '#/$defs/node' },
        name: { type: ['string', 'null'], const: 'a' },
        kind: { anyOf: [{ type: 'integer', enum: [1, 2] }, { type: 'null' }] },
        either: { type: ['string', 'number'] },
        few: { type: 'array', items: { type: 'string', maxLength: 5 }, maxItems: 3 },
      },
      required: ['name'],
      $defs: { node },
    }

    expect(declared(one({ name: 'f', parameters }, {}, 'gemini-2.0-flash')).parameters).toEqual({
      type: 'OBJECT',
      properties: {
        list: { type: 'OBJECT', properties: { next: { type: 'OBJECT' } } },
        name: { type: 'STRING', nullable: true, enum: ['a'], format: 'enum' },
        kind: { type: 'INTEGER', nullable: true, description: '(one of [1,2])' },
        either: { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }] },
        few: { type: 'ARRAY', items: { type: 'STRING', maxLength: '5' }, maxItems: '3' },
      },
      required: ['name'],
    })
  })

  it.each([undefined, { type: 'object', properties: {} }])('without parameters have no schema (%j)', (parameters) => {
    expect(declared(one({ name: 'f', ...(parameters ? { parameters } : {}) }))).toEqual({ name: 'f', description: 'f' })
  })

  it('get names that are legal, and calls get theirs back', () => {
    const name = 'mcp:server/list files'
    const exchange = exchangeOf({ tools: [{ type: 'function', function: { name } }] })
    const printed = stringOf(declared(JSON.parse(exchange.body) as JsonObject).name) ?? ''

    expect(printed).toMatch(/^[a-zA-Z_][\w.-]{0,63}$/)
    const reply = {
      candidates: [{ content: { parts: [{ functionCall: { name: printed, args: {} } }] }, finishReason: 'STOP' }],
    }
    const whole = exchange.whole(Buffer.from(JSON.stringify(reply)))
    expect('body' in whole && String(whole.body)).toContain(JSON.stringify(name))
  })

  it.each([
    ['auto', { mode: 'AUTO' }],
    ['none', { mode: 'NONE' }],
    ['required', { mode: 'ANY' }],
    [
      { type: 'function', function: { name: 'f' } },
      { mode: 'ANY', allowedFunctionNames: ['f'] },
    ],
  ])('are chosen as %j says', (choice, functionCallingConfig) => {
    expect(one({ name: 'f' }, { tool_choice: choice }).toolConfig).toEqual({ functionCallingConfig })
  })

  it('that are strict are validated', () => {
    expect(one({ name: 'f', strict: true }).toolConfig).toEqual({ functionCallingConfig: { mode: 'VALIDATED' } })
  })

  it('of the provider are named as it names them, and others refused', () => {
    expect(sent({ tools: [{ type: 'web_search_preview' }], web_search_options: {} }).tools).toEqual([
      { googleSearch: {} },
    ])
    expect(refusal(() => sent({ tools: [{ type: 'image_generation' }] }))).toMatchObject({
      detail: { param: 'tools[0].type' },
    })
  })

  it('may be written as Google has them', () => {
    expect(sent({ tools: [{ googleSearch: {} }, { urlContext: {} }] }).tools).toEqual([
      { googleSearch: {} },
      { urlContext: {} },
    ])
  })

  it('of both kinds are allowed together where the model can', () => {
    const both = { tools: [...tools, { type: 'code_interpreter' }] }

    expect(sent(both, { upstreamModel: 'gemini-3-flash-preview' })).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'look' }] }, { codeExecution: {} }],
      toolConfig: { includeServerSideToolInvocations: true },
    })
  })
})

describe('structured output', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
  const response_format = { type: 'json_schema', json_schema: { name: 'x', schema } }

  it('is native', () => {
    expect(sent({ response_format }).generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: schema,
    })
    expect(sent({ response_format: { type: 'json_object' } }).generationConfig).toEqual({
      responseMimeType: 'application/json',
    })
    expect(
      objectOf(sent({ response_format }, { upstreamModel: 'gemini-2.0-flash' }).generationConfig).responseSchema,
    ).toEqual({
      type: 'OBJECT',
      properties: { a: { type: 'STRING' } },
      required: ['a'],
    })
  })

  it('is asked for in words where an older model refuses an object without members, beside whatever others', () => {
    const properties = { a: { type: 'string' }, b: { type: 'array', items: { type: 'object', properties: {} } } }
    const format = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object', properties } } }

    const body = sent({ response_format: format }, { upstreamModel: 'gemini-2.0-flash' })

    expect(body.generationConfig).toEqual({ responseMimeType: 'application/json' })
    expect(JSON.stringify(body.systemInstruction)).toContain('JSON schema')
  })

  it('is asked for in words where a model refuses it beside tools', () => {
    const body = sent({ response_format, tools })

    expect(body).not.toHaveProperty('generationConfig')
    expect(JSON.stringify(body.systemInstruction)).toContain('JSON schema')
    expect(sent({ response_format, tools }, { upstreamModel: 'gemini-3.5-flash' }).generationConfig).toMatchObject({
      responseJsonSchema: schema,
    })
  })
})

describe('any schema', () => {
  const leaf = fc.record(
    {
      type: fc.oneof(fc.constantFrom('string', 'integer', 'null'), fc.constant(['string', 'null'])),
      enum: fc.array(fc.oneof(fc.string(), fc.integer())),
      const: fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
      exclusiveMinimum: fc.integer(),
      format: fc.constantFrom('email', 'date-time'),
      $ref: fc.constantFrom('#/$defs/a', '#/$defs/b', '#', 'https://x.example/y'),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<JsonObject>
  const { tree } = fc.letrec<{ tree: JsonObject }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.record({ type: fc.constant('object'), properties: fc.dictionary(fc.constantFrom('x', 'y'), tie('tree')) }),
      fc.record({ anyOf: fc.array(tie('tree'), { maxLength: 3 }) }),
      fc.record({ allOf: fc.array(tie('tree'), { maxLength: 3 }) }),
      fc.record({ type: fc.constant('array'), items: tie('tree') }),
    ),
  }))

  it('becomes one of the subset, of bounded size', () => {
    fc.assert(
      fc.property(tree, tree, tree, (x, a, b) => {
        const parameters = { type: 'object', properties: { x }, $defs: { a, b } }
        const body = sent(
          { tools: [{ type: 'function', function: { name: 'f', parameters } }] },
          { upstreamModel: 'gemini-2.0-flash' },
        )

        const printed = JSON.stringify(body.tools)
        expect(printed.length).toBeLessThan(400_000)
        expect(printed).not.toMatch(/"\$ref"|"\$defs"|"const"|"allOf"|"oneOf"|"additionalProperties"|"type":\[/)
      }),
      { numRuns: 200 },
    )
  })
})

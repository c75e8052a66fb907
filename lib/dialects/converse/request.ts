import type { ChatRequest } from '../../core/chat.ts'
import { type JsonObject, listOf, objectOf } from '../../core/json.ts'
import { bindingBeta, bindingOf } from '../anthropic/binding.ts'
import { type Format, printFormat, unwrapFormat } from '../anthropic/format.ts'
import { toolNames, type ToolNames } from '../anthropic/names.ts'
import { signatureFormat } from '../anthropic/reply-blocks.ts'
import type { PartFilter, PrintedRequest, RequestOptions } from '../tongue.ts'
import { sealedFormat } from './blocks.ts'
import { limitPoints } from './cache.ts'
import { type Family, familyOf } from './families.ts'
import { documents } from './media.ts'
import { printMessages } from './messages.ts'
import { fitGuardrail, printNative, printRest } from './params.ts'
import { printReasoning, type Reasoning } from './reasoning.ts'
import { printSampling } from './sampling.ts'
import { printTools } from './tools.ts'

/** Names of tools are this long at most. */
const longestName = 64

/**
 * A request of the Converse API (AWS's API reference, bedrock-runtime). The model is in the URL. What the model's family cannot
 * take is named in `dropped`, or thrown (params.ts says which).
 */
export function printRequest(request: ChatRequest, options: RequestOptions): PrintedRequest {
  const family = familyOf(options.upstreamModel, options.baseModel)
  const names = toolNames(longestName)
  const { dropParams } = options
  const given = options.outputCap ?? request.maxTokens
  const maxTokens = given ?? options.maxOutputTokens
  const dropped: string[] = request.user === undefined ? [] : ['user']
  const rest = printRest(request.rest, { dropParams, dropped })
  const native = printNative(options.native)
  const reasoning = printReasoning({ request, family, maxTokens, capped: given !== undefined })
  const format = formatOf(request, family, reasoning)
  const tools = printTools(request, { family, names, dropParams })
  const sampling = printSampling(request, { family, kind: reasoning.kind })
  dropped.push(...reasoning.dropped, ...tools.dropped, ...sampling.dropped)
  // A budget to think with is part of a cap, so there must be one.
  const cap = reasoning.kind === 'budget' ? maxTokens : given
  const config = { ...(cap === undefined ? {} : { maxTokens: cap }), ...sampling.config }
  const fields = { ...native.fields, ...sampling.fields, ...reasoning.fields, ...tools.fields }
  const body: JsonObject = {
    ...native.body,
    ...rest,
    ...printMessages(request.messages, { family, names, files: documents() }),
    ...(Object.keys(config).length > 0 ? { inferenceConfig: config } : {}),
    ...(tools.config ? { toolConfig: tools.config } : {}),
    ...(Object.keys(fields).length > 0 ? { additionalModelRequestFields: fields } : {}),
  }
  if (family.traits?.bindsThinking) bindThinking(body)
  addFormat(body, format, family)
  fitGuardrail(body, request.stream)
  if (limitPoints(body, family)) dropped.push('cache_control')
  return { body, headers: {}, dropped, restore: () => restoring(names, format, family) }
}

/** As for Anthropic's own API (`binding.ts`); betas stand in the body here. */
function bindThinking(body: JsonObject): void {
  const holds = listOf(body.messages).some((message) =>
    listOf(objectOf(message).content).some((block) => objectOf(block).reasoningContent !== undefined),
  )
  const fields = objectOf(body.additionalModelRequestFields)
  const thinking = holds ? bindingOf(fields.thinking) : undefined
  if (!thinking) return
  const betas = [...listOf(fields.anthropic_beta), bindingBeta]
  body.additionalModelRequestFields = { ...fields, thinking, anthropic_beta: betas }
}

/** The ways to structured output are those of Anthropic's models: a field, one tool that must be called, or words. */
function formatOf(request: ChatRequest, { structured, choices }: Family, { kind }: Reasoning): Format {
  const traits = { thinking: 'none', sampling: 'all', structured, forcing: choices.includes('tool') } as const
  return printFormat(request, traits, kind !== 'off')
}

function addFormat(body: JsonObject, format: Format, { systemInUser }: Family): void {
  if (format.way === 'words') {
    const said = { text: format.text }
    const first = Array.isArray(body.messages) ? objectOf(body.messages[0]) : {}
    if (systemInUser && Array.isArray(first.content)) first.content = [...first.content, said]
    else body.system = [...(Array.isArray(body.system) ? body.system : []), said]
  }
  if (format.way === 'tool') {
    const { name, description, input_schema: json } = format.tool
    body.toolConfig = {
      tools: [{ toolSpec: { name: name ?? '', description: description ?? '', inputSchema: { json: json ?? {} } } }],
      toolChoice: { tool: { name: name ?? '' } },
    }
  }
  if (format.way === 'native') {
    const schema = JSON.stringify(format.format.schema)
    const textFormat = { type: 'json_schema', structure: { jsonSchema: { name: 'answer', schema } } }
    body.outputConfig = { ...objectOf(body.outputConfig), textFormat }
  }
}

/** Names as the client wrote them; signatures as those of Anthropic's models only where they are. */
function restoring(names: ToolNames, format: Format, { traits }: Family): PartFilter {
  const unwrap = unwrapFormat(format)
  const signedBy = traits ? signatureFormat : sealedFormat
  return (part) => {
    if (part.type === 'call') return unwrap({ ...part, name: names.restore(part.name) })
    if (part.type === 'signature') return unwrap({ ...part, format: signedBy })
    return unwrap(part)
  }
}

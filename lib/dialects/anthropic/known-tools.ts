import type { ChatTool } from '../../core/chat.ts'
import { type JsonObject, numberOf, stringOf } from '../../core/json.ts'

/**
 * Tools that Anthropic defines by their type and the client runs ("Bash tool", "Text editor tool", "Memory tool", "Computer use
 * tool"): a model of another provider is given the schema that theirs were trained on.
 */
export function knownTool(type: string, tool: JsonObject): ChatTool | undefined {
  const known = table.find(({ pattern }) => pattern.test(type))
  if (!known) return undefined
  const [wide, high] = [numberOf(tool.display_width_px), numberOf(tool.display_height_px)]
  const screen = wide === undefined || high === undefined ? '' : ` The screen is ${wide} x ${high} pixels.`
  return {
    name: stringOf(tool.name) ?? known.name,
    description: known.description + screen,
    parameters: { type: 'object', properties: known.properties, required: known.required },
  }
}

const text = (description: string): JsonObject => ({ type: 'string', description })
const choice = (...values: string[]): JsonObject => ({ type: 'string', enum: values })
const line: JsonObject = { type: 'integer', description: 'The line after which to insert; 0 is the beginning.' }
const range: JsonObject = {
  type: 'array',
  items: { type: 'integer' },
  description: 'First and last line; -1 is the end.',
}

/** Fields that both tools for files have. */
const file = {
  path: text('The path of the file or folder.'),
  file_text: text('For create: the whole content.'),
  old_str: text('For str_replace: the text to replace, exactly once in the file.'),
  new_str: text('For str_replace: the new text.'),
  insert_line: line,
  insert_text: text('For insert: the text.'),
  view_range: range,
}

const table: readonly {
  pattern: RegExp
  name: string
  description: string
  properties: JsonObject
  required: string[]
}[] = [
  {
    pattern: /^bash_/,
    name: 'bash',
    description: 'Runs a command in a shell that stays open between calls.',
    properties: { command: text('The command.'), restart: { type: 'boolean', description: 'Start the shell anew.' } },
    required: [],
  },
  {
    pattern: /^text_editor_/,
    name: 'str_replace_based_edit_tool',
    description: 'Views, creates and edits text files.',
    properties: { command: choice('view', 'create', 'str_replace', 'insert'), ...file },
    required: ['command', 'path'],
  },
  {
    pattern: /^memory_/,
    name: 'memory',
    description: 'Keeps files under /memories between conversations.',
    properties: {
      command: choice('view', 'create', 'str_replace', 'insert', 'delete', 'rename'),
      ...file,
      old_path: text('For rename: the path as it is.'),
      new_path: text('For rename: the path as it shall be.'),
    },
    required: ['command'],
  },
  {
    // Not its toolset: of that, every action is a tool of its own.
    pattern: /^computer_\d/,
    name: 'computer',
    description: 'Uses mouse and keyboard of a computer and takes screenshots.',
    properties: {
      action: text('key, type, mouse_move, left_click, right_click, double_click, scroll, wait, screenshot, ...'),
      coordinate: { type: 'array', items: { type: 'integer' }, description: 'x and y in pixels.' },
      start_coordinate: { type: 'array', items: { type: 'integer' }, description: 'For left_click_drag: where from.' },
      text: text('Keys or text.'),
      duration: { type: 'number', description: 'Seconds.' },
      scroll_direction: choice('up', 'down', 'left', 'right'),
      scroll_amount: { type: 'integer' },
      region: { type: 'array', items: { type: 'integer' }, description: 'For zoom: x0, y0, x1, y1.' },
    },
    required: ['action'],
  },
]

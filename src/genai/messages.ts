/** A part of a message, in the form of the `gen_ai` conventions. */
export type MessagePart =
  | { readonly type: 'text' | 'reasoning'; readonly content: string }
  | {
      readonly type: 'tool_call';
      readonly id?: string;
      readonly name: string;
      readonly arguments?: unknown;
    }
  | { readonly type: 'tool_call_response'; readonly id?: string; readonly response: unknown }
  | {
      readonly type: 'uri' | 'blob';
      readonly modality: string;
      readonly mime_type?: string;
      /** The address in a `uri` part. */
      readonly uri?: string;
      /** The data of a `blob` part, in base64. */
      readonly content?: string;
    }
  | { readonly type: 'generic'; readonly content: unknown };

/** A message to or from a model, in the form of the `gen_ai` conventions. */
export interface GenAiMessage {
  /** The role: `system`, `user`, `assistant` or `tool`. */
  readonly role: string;
  /** The parts, in order. */
  readonly parts: readonly MessagePart[];
  /** The reason why the model stopped. */
  readonly finish_reason?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads messages in the forms of OpenAI (chat and responses), Anthropic, Google, the AI SDK, LangChain and
 * the `gen_ai` conventions.
 *
 * @param value - a text, a message, or a list of either; any other value becomes one message that holds it
 * @param role - the role of messages that name none
 */
export function toMessages(value: unknown, role: string): GenAiMessage[] {
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => toMessage(item, role));
}

function toMessage(item: unknown, role: string): GenAiMessage {
  if (!isFields(item)) return { role, parts: toParts(item) };
  const own = roleOf(item) ?? role;
  const { parts, content, tool_calls: calls, tool_call_id: answers, finish_reason: finish } = item;
  if (own === 'tool' && typeof answers === 'string') {
    return { role: own, parts: [{ type: 'tool_call_response', id: answers, response: content }] };
  }
  const body = parts ?? content ?? item['refusal'];
  // The responses API lists tool calls and their results among the messages.
  const found = body === undefined && calls === undefined ? toParts(item) : toParts(body);
  return {
    role: own === 'model' ? 'assistant' : own,
    parts: [...found, ...(Array.isArray(calls) ? calls.flatMap(toParts) : [])],
    ...(typeof finish === 'string' ? { finish_reason: finish } : {}),
  };
}

/** Returns the role of a message; LangChain's messages tell it through a method. */
function roleOf(item: Fields): string | undefined {
  const { role, getType } = item;
  if (typeof role === 'string') return role;
  if (item['type'] === 'function_call' || item['type'] === 'reasoning') return 'assistant';
  if (item['type'] === 'function_call_output') return 'tool';
  if (typeof getType !== 'function') return undefined;
  const type: unknown = getType.call(item);
  return type === 'human' ? 'user' : type === 'ai' ? 'assistant' : String(type);
}

/** Reads the content of a message. */
export function toParts(content: unknown): MessagePart[] {
  if (content === undefined || content === null || content === '') return [];
  if (Array.isArray(content)) return content.flatMap(toParts);
  if (typeof content === 'string') return [{ type: 'text', content }];
  if (!isFields(content)) return [{ type: 'generic', content }];
  return Array.isArray(content['parts']) ? toParts(content['parts']) : [toPart(content)];
}

function toPart(block: Fields): MessagePart {
  return textPart(block) ?? callPart(block) ?? imagePart(block) ?? { type: 'generic', content: block };
}

function textPart(block: Fields): MessagePart | undefined {
  const { type, text, content, thinking, thought, refusal } = block;
  if (typeof thinking === 'string') return { type: 'reasoning', content: thinking };
  if (type === 'reasoning') {
    const said = text ?? content ?? block['summary'];
    return { type: 'reasoning', content: typeof said === 'string' ? said : plainText(toParts(said)) };
  }
  if (typeof refusal === 'string') return { type: 'text', content: refusal };
  if (typeof text === 'string') return { type: thought === true ? 'reasoning' : 'text', content: text };
  return type === 'text' && typeof content === 'string' ? { type, content } : undefined;
}

function callPart(block: Fields): MessagePart | undefined {
  const { type } = block;
  const functionCall = block['functionCall'] ?? block['function'];
  if (isFields(functionCall) && typeof functionCall['name'] === 'string') {
    return toolCall(block['id'] ?? functionCall['id'], functionCall, functionCall['args']);
  }
  const { functionResponse } = block;
  if (isFields(functionResponse)) {
    return toolResponse(functionResponse['id'] ?? functionResponse['name'], functionResponse['response']);
  }
  switch (type) {
    case 'tool_call':
    case 'function_call':
    case 'tool_use':
    case 'tool-call': {
      const id = block['call_id'] ?? block['toolCallId'] ?? block['id'];
      return toolCall(id, { ...block, name: block['name'] ?? block['toolName'] }, block['input']);
    }
    case 'tool_call_response':
    case 'tool_result':
    case 'tool-result':
    case 'function_call_output': {
      const id = block['tool_use_id'] ?? block['toolCallId'] ?? block['call_id'] ?? block['id'];
      return toolResponse(id, block['response'] ?? block['content'] ?? block['output']);
    }
    default:
      return undefined;
  }
}

function toolCall(id: unknown, named: Fields, given: unknown): MessagePart {
  const args = given ?? named['arguments'] ?? named['args'];
  return {
    type: 'tool_call',
    ...(typeof id === 'string' ? { id } : {}),
    name: String(named['name']),
    ...(args === undefined ? {} : { arguments: parsed(args) }),
  };
}

function toolResponse(id: unknown, response: unknown): MessagePart {
  return { type: 'tool_call_response', ...(typeof id === 'string' ? { id } : {}), response };
}

function imagePart(block: Fields): MessagePart | undefined {
  const { type, modality, inlineData, fileData } = block;
  if ((type === 'uri' || type === 'blob') && typeof modality === 'string') return block as MessagePart;
  if (isFields(inlineData)) return blob(inlineData['mimeType'], inlineData['data']);
  if (isFields(fileData)) return uri(String(fileData['fileUri']), fileData['mimeType']);
  const { source } = block;
  if (isFields(source)) {
    return source['type'] === 'url'
      ? uri(String(source['url']), `${String(type)}/*`)
      : blob(source['media_type'], source['data']);
  }
  const image = block['image_url'] ?? block['image'];
  const url = isFields(image) && !(image instanceof Uint8Array) ? image['url'] : image;
  if (typeof url === 'string') return fromUrl(url, 'image/*');
  const { data, mediaType } = block;
  return type === 'file' && typeof data === 'string' ? fromUrl(data, mediaType) : undefined;
}

function fromUrl(url: string, mimeType: unknown): MessagePart {
  const [, mime, data] = /^data:([^;,]*);base64,(.*)$/s.exec(url) ?? [];
  if (data !== undefined) return blob(mime, data);
  return URL.canParse(url) ? uri(url, mimeType) : blob(mimeType, url);
}

function uri(address: string, mimeType: unknown): MessagePart {
  return { type: 'uri', ...kindOf(mimeType), uri: address };
}

function blob(mimeType: unknown, data: unknown): MessagePart {
  return { type: 'blob', ...kindOf(mimeType), content: String(data) };
}

function kindOf(mimeType: unknown): { modality: string; mime_type?: string } {
  if (typeof mimeType !== 'string') return { modality: 'file' };
  const [modality = 'file'] = mimeType.split('/');
  return mimeType.endsWith('*') ? { modality } : { modality, mime_type: mimeType };
}

/** Returns the texts of a message, joined. */
export function plainText(parts: readonly MessagePart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.content : '')).join('');
}

/** Parses arguments that were sent as JSON text. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

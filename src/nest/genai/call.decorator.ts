import type {
  AgentOptions,
  CallOptions,
  ChatOptions,
  EmbeddingsOptions,
  MemoryOptions,
  ModelCallOptions,
  RerankerOptions,
  RetrievalOptions,
  StepOptions,
  ToolOptions,
  WorkflowOptions,
} from '../../genai/call-options.js';
import { GenAiTracer } from '../../genai/genai-tracer.js';
import type { AnyOperation } from '../../genai/run-call.js';
import { givenOptions, type OptionsInput } from '../decorators/given-options.js';
import type { AnyValue } from '../decorators/span-options.js';
import { asWritten, wrapMethod } from '../decorators/method-wrapper.js';
import { namedArguments } from '../decorators/parameter-names.js';
import { activeTracerManager } from '../hub/active-tracer-manager.js';
import { hiddenInjection } from '../hub/hidden-injection.js';

const OWN = Symbol('nestjs-telemetry.genai');
const injectTracer = hiddenInjection(GenAiTracer, OWN);
/** The tracer for objects that Nest did not create: their calls belong to the running flow. */
const ofFlow = new GenAiTracer({ manager: activeTracerManager });

/** The options of a decorated method, or a function of its arguments that returns them. */
export type CallDecoratorOptions<O> = O | ((...args: AnyValue[]) => O);
/** The options of a decorated method, or its name alone; default: the method's own name. */
export type NamedCallDecoratorOptions<O> = string | CallDecoratorOptions<Partial<O>>;

function callDecorator(
  decorator: string,
  operation: AnyOperation | ((options: CallOptions) => AnyOperation),
  input: string | OptionsInput<object>,
  named = false,
): MethodDecorator {
  const options = typeof input === 'string' ? { name: input } : input;
  return (target: object, key: PropertyKey, descriptor: PropertyDescriptor) => {
    injectTracer(target);
    wrapMethod(
      decorator,
      target,
      key,
      descriptor,
      (method) =>
        function (this: unknown, ...args: unknown[]): unknown {
          const given: CallOptions = {
            ...(named ? { name: String(key) } : {}),
            input: args.length > 1 ? namedArguments(method, args) : args[0],
            ...givenOptions<CallOptions>(options, {}, String(key), this, args),
          };
          const own = (this as { readonly [OWN]?: GenAiTracer } | undefined)?.[OWN] ?? ofFlow;
          const chosen = typeof operation === 'function' ? operation(given) : operation;
          return own.run(chosen, given, () => method.apply(this, args), asWritten(method));
        },
    );
  };
}

/** Runs the method like {@link GenAiTracer.withChat}. A single argument counts as the messages. */
export function Chat(options: CallDecoratorOptions<ChatOptions>): MethodDecorator {
  const operationOf = ({ operation = 'chat' }: Partial<ChatOptions>): AnyOperation => operation;
  return callDecorator('@Chat', operationOf, options);
}

/** Runs the method like {@link GenAiTracer.withTextCompletion}. */
export function TextCompletion(options: CallDecoratorOptions<ModelCallOptions>): MethodDecorator {
  return callDecorator('@TextCompletion', 'text_completion', options);
}

/** Runs the method like {@link GenAiTracer.withEmbeddings}. */
export function Embeddings(options: CallDecoratorOptions<EmbeddingsOptions>): MethodDecorator {
  return callDecorator('@Embeddings', 'embeddings', options);
}

/** Runs the method like {@link GenAiTracer.withRetrieval}. */
export function Retrieval(options: CallDecoratorOptions<RetrievalOptions> = {}): MethodDecorator {
  return callDecorator('@Retrieval', 'retrieval', options);
}

/** Runs the method like {@link GenAiTracer.withTool}. */
export function Tool(options: NamedCallDecoratorOptions<ToolOptions> = {}): MethodDecorator {
  return callDecorator('@Tool', 'execute_tool', options, true);
}

/** Runs the method like {@link GenAiTracer.withAgent}. */
export function Agent(options: NamedCallDecoratorOptions<AgentOptions> = {}): MethodDecorator {
  const operationOf = ({ operation }: AgentOptions): AnyOperation =>
    operation === 'create' ? 'create_agent' : 'invoke_agent';
  return callDecorator('@Agent', operationOf, options, true);
}

/** Runs the method like {@link GenAiTracer.withWorkflow}. */
export function Workflow(options: NamedCallDecoratorOptions<WorkflowOptions> = {}): MethodDecorator {
  return callDecorator('@Workflow', 'invoke_workflow', options, true);
}

/** Runs the method like {@link GenAiTracer.withPlan}. */
export function Plan(options: CallDecoratorOptions<CallOptions> = {}): MethodDecorator {
  return callDecorator('@Plan', 'plan', options);
}

/** Runs the method like {@link GenAiTracer.withMemory}. */
export function Memory(options: CallDecoratorOptions<MemoryOptions>): MethodDecorator {
  const operationOf = ({ operation = 'search_memory' }: Partial<MemoryOptions>): AnyOperation => operation;
  return callDecorator('@Memory', operationOf, options);
}

/** Runs the method like {@link GenAiTracer.withGuardrail}. */
export function Guardrail(options: NamedCallDecoratorOptions<StepOptions> = {}): MethodDecorator {
  return callDecorator('@Guardrail', 'guardrail', options, true);
}

/** Runs the method like {@link GenAiTracer.withReranker}. */
export function Reranker(options: CallDecoratorOptions<RerankerOptions> = {}): MethodDecorator {
  return callDecorator('@Reranker', 'reranker', options);
}

/** Runs the method like {@link GenAiTracer.withEvaluator}. */
export function Evaluator(options: NamedCallDecoratorOptions<StepOptions> = {}): MethodDecorator {
  return callDecorator('@Evaluator', 'evaluator', options, true);
}

/** Runs the method like {@link GenAiTracer.withChain}. */
export function Chain(options: NamedCallDecoratorOptions<StepOptions> = {}): MethodDecorator {
  return callDecorator('@Chain', 'chain', options, true);
}

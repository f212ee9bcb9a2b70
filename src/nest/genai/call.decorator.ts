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
import { GenAiTracer, type CallBody } from '../../genai/genai-tracer.js';
import { givenOptions, type OptionsInput } from '../decorators/given-options.js';
import { wrapMethod } from '../decorators/method-wrapper.js';
import { namedArguments } from '../decorators/parameter-names.js';
import { hiddenInjection } from '../hub/hidden-injection.js';
import { activeTracerManager } from '../hub/active-tracer-manager.js';

const OWN = Symbol('nestjs-telemetry.genai');
const injectTracer = hiddenInjection(GenAiTracer, OWN);
/** Of objects that Nest did not build: their calls belong to the running flow. */
const ofFlow = new GenAiTracer({ manager: activeTracerManager });

/** The options of a decorated method, or a function of its arguments that returns them. */
type Given<O> = OptionsInput<O>;

function callDecorator<O extends CallOptions>(
  decorator: string,
  input: Given<O>,
  run: (tracer: GenAiTracer, options: O, body: CallBody<unknown>) => unknown,
  /** What a method is called gives the name where the options have none. */
  named = false,
): MethodDecorator {
  return (target: object, key: PropertyKey, descriptor: PropertyDescriptor) => {
    injectTracer(target);
    wrapMethod(
      decorator,
      target,
      key,
      descriptor,
      (method) =>
        function (this: unknown, ...args: unknown[]): unknown {
          const given = givenOptions(input, {} as O, String(key), this, args);
          const options = {
            ...(named ? { name: String(key) } : {}),
            input: args.length > 1 ? namedArguments(method, args) : args[0],
            ...given,
          };
          const own = (this as { readonly [OWN]?: GenAiTracer } | undefined)?.[OWN];
          return run(own ?? ofFlow, options, () => method.apply(this, args));
        },
    );
  };
}

/** Runs the method as {@link GenAiTracer.withChat} does. Its first argument counts as the messages. */
export function Chat(options: Given<ChatOptions>): MethodDecorator {
  return callDecorator('@Chat', options, (tracer, given, body) => tracer.withChat(given, body));
}

/** Runs the method as {@link GenAiTracer.withTextCompletion} does. */
export function TextCompletion(options: Given<ModelCallOptions>): MethodDecorator {
  return callDecorator('@TextCompletion', options, (tracer, given, body) =>
    tracer.withTextCompletion(given, body),
  );
}

/** Runs the method as {@link GenAiTracer.withEmbeddings} does. */
export function Embeddings(options: Given<EmbeddingsOptions>): MethodDecorator {
  return callDecorator('@Embeddings', options, (tracer, given, body) => tracer.withEmbeddings(given, body));
}

/** Runs the method as {@link GenAiTracer.withRetrieval} does. */
export function Retrieval(options: Given<RetrievalOptions> = {}): MethodDecorator {
  return callDecorator('@Retrieval', options, (tracer, given, body) => tracer.withRetrieval(given, body));
}

/** Runs the method as {@link GenAiTracer.withTool} does. @param options - default: the method's name */
export function Tool(options: string | Given<Partial<ToolOptions>> = {}): MethodDecorator {
  return callDecorator(
    '@Tool',
    withName<ToolOptions>(options),
    (tracer, given, body) => tracer.withTool(given, body),
    true,
  );
}

/** Runs the method as {@link GenAiTracer.withAgent} does. @param options - default: the method's name */
export function Agent(options: string | Given<AgentOptions> = {}): MethodDecorator {
  return callDecorator(
    '@Agent',
    withName<AgentOptions>(options),
    (tracer, given, body) => tracer.withAgent(given, body),
    true,
  );
}

/** Runs the method as {@link GenAiTracer.withWorkflow} does. @param options - default: the method's name */
export function Workflow(options: string | Given<Partial<WorkflowOptions>> = {}): MethodDecorator {
  return callDecorator(
    '@Workflow',
    withName<WorkflowOptions>(options),
    (tracer, given, body) => tracer.withWorkflow(given, body),
    true,
  );
}

/** Runs the method as {@link GenAiTracer.withPlan} does. */
export function Plan(options: Given<CallOptions> = {}): MethodDecorator {
  return callDecorator('@Plan', options, (tracer, given, body) => tracer.withPlan(given, body));
}

/** Runs the method as {@link GenAiTracer.withMemory} does. */
export function Memory(options: Given<MemoryOptions>): MethodDecorator {
  return callDecorator('@Memory', options, (tracer, given, body) => tracer.withMemory(given, body));
}

/** Runs the method as {@link GenAiTracer.withGuardrail} does. @param options - default: the method's name */
export function Guardrail(options: string | Given<Partial<StepOptions>> = {}): MethodDecorator {
  return callDecorator(
    '@Guardrail',
    withName<StepOptions>(options),
    (tracer, given, body) => tracer.withGuardrail(given, body),
    true,
  );
}

/** Runs the method as {@link GenAiTracer.withReranker} does. */
export function Reranker(options: Given<RerankerOptions> = {}): MethodDecorator {
  return callDecorator('@Reranker', options, (tracer, given, body) => tracer.withReranker(given, body));
}

/** Runs the method as {@link GenAiTracer.withEvaluator} does. @param options - default: the method's name */
export function Evaluator(options: string | Given<Partial<StepOptions>> = {}): MethodDecorator {
  return callDecorator(
    '@Evaluator',
    withName<StepOptions>(options),
    (tracer, given, body) => tracer.withEvaluator(given, body),
    true,
  );
}

/** Runs the method as {@link GenAiTracer.withChain} does. @param options - default: the method's name */
export function Chain(options: string | Given<Partial<StepOptions>> = {}): MethodDecorator {
  return callDecorator(
    '@Chain',
    withName<StepOptions>(options),
    (tracer, given, body) => tracer.withChain(given, body),
    true,
  );
}

function withName<O extends CallOptions>(options: unknown): Given<O> {
  return (typeof options === 'string' ? { name: options } : options) as Given<O>;
}

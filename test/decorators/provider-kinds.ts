import {
  Controller,
  Injectable,
  Module,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type DynamicModule,
  type INestApplicationContext,
  type Type,
} from '@nestjs/common';
import { LazyModuleLoader, ModulesContainer } from '@nestjs/core';
import type { Probe } from './probe.js';

/** A way in which a class comes to live in an app. */
export interface ProviderKind {
  readonly name: string;
  /** Puts the class into a module. */
  readonly metadata: (probe: Type<Probe>) => Pick<DynamicModule, 'providers' | 'controllers'>;
  readonly get: (app: INestApplicationContext, probe: Type<Probe>) => Probe | Promise<Probe>;
}

const asProvider = (probe: Type<Probe>): { providers: Type[] } => ({ providers: [probe] });

export const PROVIDER_KINDS: readonly ProviderKind[] = [
  { name: 'a provider', metadata: asProvider, get: (app, probe) => app.get(probe, { strict: false }) },
  {
    name: 'a request-scoped provider',
    metadata: (probe) => asProvider(injectable(probe, Scope.REQUEST)),
    get: (app, probe) => app.resolve(probe, undefined, { strict: false }),
  },
  {
    name: 'a transient provider',
    metadata: (probe) => asProvider(injectable(probe, Scope.TRANSIENT)),
    get: (app, probe) => app.resolve(probe, undefined, { strict: false }),
  },
  {
    name: 'a provider under another token',
    metadata: (probe) => ({ providers: [{ provide: 'PROBE', useClass: probe }] }),
    get: (app) => app.get<Probe>('PROBE', { strict: false }),
  },
  {
    name: 'a provider that inherits its methods',
    metadata: (probe) => asProvider(childOf(probe)),
    get: (app, probe) => app.get(childOf(probe), { strict: false }),
  },
  {
    name: 'a lazily loaded provider',
    metadata: () => ({}),
    get: async (app, probe) => {
      class LazyModule {}
      Module({ providers: [probe] })(LazyModule);
      const loaded = await app.get(LazyModuleLoader).load(() => LazyModule);
      return loaded.get(probe);
    },
  },
  {
    name: 'a controller',
    metadata: (probe) => {
      Controller('probe')(probe);
      return { controllers: [probe] };
    },
    get: (app, probe) => app.get(probe, { strict: false }),
  },
  ...(
    [
      ['a guard', UseGuards],
      ['a pipe', UsePipes],
      ['an interceptor', UseInterceptors],
      ['an exception filter', UseFilters],
    ] as [string, (type: Type) => ClassDecorator][]
  ).map(([name, use]) => ({
    name,
    metadata: (probe: Type<Probe>) => {
      class GuardedController {}
      // What Nest asks of an enhancer is not asked here.
      Object.assign(probe.prototype, {
        canActivate: () => true,
        transform: () => 1,
        intercept: () => 1,
        catch: () => 1,
      });
      use(probe)(GuardedController);
      Controller('guarded')(GuardedController);
      return { controllers: [GuardedController] };
    },
    get: (app: INestApplicationContext, probe: Type<Probe>) => enhancer(app, probe),
  })),
];

function injectable(probe: Type<Probe>, scope: Scope): Type<Probe> {
  Injectable({ scope })(probe);
  return probe;
}

const children = new WeakMap<Type<Probe>, Type<Probe>>();

function childOf(probe: Type<Probe>): Type<Probe> {
  let child = children.get(probe);
  if (child === undefined) {
    child = class ChildService extends probe {};
    children.set(probe, child);
  }
  return child;
}

function enhancer(app: INestApplicationContext, probe: Type<Probe>): Probe {
  for (const module of app.get(ModulesContainer).values()) {
    const wrapper = module.injectables.get(probe);
    if (wrapper !== undefined) return wrapper.instance as Probe;
  }
  throw new Error('No module has the enhancer.');
}

import { propertyOf } from './property-of.js';

/** The members of an Express app or router that show what is mounted in it. */
interface Mounting {
  readonly stack?: unknown;
  readonly router?: { readonly stack?: unknown };
  /** The path of an app that is mounted in another. */
  readonly mountpath?: unknown;
  readonly parent?: Mounting;
}

interface Layer {
  readonly route?: unknown;
  readonly rawPath?: unknown;
  readonly handle?: Mounting & { readonly name?: unknown };
}

/** The name of the function that Express creates for a mounted app. */
const MOUNTED_APP = 'mounted_app';

/**
 * Returns the template of the mount paths of the routers and apps that serve a request, such as
 * `/tenants/:tenant/api`.
 *
 * @returns an empty text if nothing is mounted; `undefined` if only the client's own path is known
 */
export function mountTemplate(request: {
  readonly baseUrl?: unknown;
  readonly app?: unknown;
}): string | undefined {
  const base = propertyOf(request, 'baseUrl');
  if (typeof base !== 'string' || base === '') return '';
  try {
    const apps: Mounting[] = [];
    for (let app = request.app as Mounting | undefined; app !== undefined; app = app.parent)
      apps.unshift(app);
    const [root, ...inner] = apps;
    return root && resolve(root, segmentsOf(base), inner);
  } catch {
    // The object only resembles Express.
    return undefined;
  }
}

function resolve(
  container: Mounting,
  base: readonly string[],
  apps: readonly Mounting[],
): string | undefined {
  if (base.length === 0) return '';
  const found = layersOf(container)
    .flatMap((layer) => templatesOf(layer).map((template) => through(layer, template, base, apps)))
    .filter((template) => template !== undefined);
  // A literal path is more specific than a parameter.
  return found.find((template) => !template.includes(':')) ?? found[0];
}

/** Follows a layer that is mounted at the beginning of the path. */
function through(
  { handle }: Layer,
  template: string,
  base: readonly string[],
  apps: readonly Mounting[],
): string | undefined {
  const parts = segmentsOf(template);
  if (parts.length > base.length || !parts.every((part, index) => isLike(part, base[index])))
    return undefined;
  const rest = base.slice(parts.length);
  const [app, ...inner] = apps;
  let below: string | undefined;
  if (Array.isArray(handle?.stack)) below = resolve(handle, rest, apps);
  else if (handle?.name === MOUNTED_APP) below = app === undefined ? undefined : resolve(app, rest, inner);
  return below === undefined ? undefined : parts.map((part) => `/${part}`).join('') + below;
}

function layersOf({ router, stack }: Mounting): Layer[] {
  const layers = stack ?? router?.stack;
  if (!Array.isArray(layers)) return [];
  return (layers as Layer[]).filter(({ route, handle }) => {
    if (route !== undefined) return false;
    return Array.isArray(handle?.stack) || handle?.name === MOUNTED_APP;
  });
}

/**
 * Returns the templates of a layer. Optional parts, wildcards and regular expressions cannot be compared by
 * segments, so they yield none.
 */
function templatesOf({ rawPath }: Layer): string[] {
  const paths: unknown[] = Array.isArray(rawPath) ? rawPath : [rawPath];
  return paths.filter((path) => typeof path === 'string').filter((path) => !/[*{]/.test(path));
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function isLike(part: string, segment: string | undefined): boolean {
  return part.includes(':') || part.toLowerCase() === segment?.toLowerCase();
}

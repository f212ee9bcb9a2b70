import type { Attributes } from '@opentelemetry/api';
import { resourceFromAttributes } from '../../sdk/resource.js';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** The `Content-Type` of the Prometheus text format. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Prepares metrics for the text format, in which names of labels have a smaller alphabet. Labels that
 * become equal are joined, and no name is empty or begins with a digit.
 */
export function withLabels({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  return {
    resource: resourceFromAttributes(labelsOf(resource.attributes)),
    scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(relabel) })),
  };
}

/**
 * Joins families with the same name, which two scopes may have, since the format allows each name once. If
 * their types differ, the samples of the second one are left out, as are samples of a series that exists
 * already.
 *
 * @param page - the page as the official serialiser writes it
 * @param onConflict - called with the name of each family that lost samples, and why
 */
export function mergeFamilies(page: string, onConflict: (name: string, conflict: Conflict) => void): string {
  const families = new Map<string, Family>();
  const written = new Set<string>();
  let current: Family | undefined;
  for (const line of page.split('\n')) {
    if (line.startsWith('# HELP ')) {
      const [name = ''] = line.slice(7).split(' ', 1);
      current = { name, help: line, type: '', samples: [] };
    } else if (line.startsWith('# TYPE ') && current !== undefined) {
      current = joined(families, { ...current, type: line }, onConflict);
    } else if (line !== '' && !line.startsWith('#') && current !== undefined) {
      const series = line.slice(0, line.lastIndexOf(' '));
      if (written.has(series)) onConflict(current.name, 'series');
      else current.samples.push(line);
      written.add(series);
    }
  }
  const blocks = [...families.values()].map(({ help, type, samples }) => [help, type, ...samples].join('\n'));
  return `${blocks.join('\n')}\n`;
}

/**
 * The conflict: two families of one name and different types, or two series of one name and equal labels.
 */
type Conflict = 'types' | 'series';

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: string[];
}

function joined(
  families: Map<string, Family>,
  family: Family,
  onConflict: (name: string, conflict: Conflict) => void,
): Family | undefined {
  const existing = families.get(family.name);
  if (existing === undefined) {
    families.set(family.name, family);
    return family;
  }
  if (existing.type === family.type) return existing;
  onConflict(family.name, 'types');
  return undefined;
}

function relabel(metric: MetricData): MetricData {
  const dataPoints = metric.dataPoints.map((point) => ({ ...point, attributes: labelsOf(point.attributes) }));
  return { ...metric, dataPoints } as MetricData;
}

function labelsOf(attributes: Attributes): Attributes {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(attributes)) {
    const name = labelName(key);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    labels[name] = Object.hasOwn(labels, name) ? `${labels[name] ?? ''};${text}` : text;
  }
  return labels;
}

/** Returns a valid label name; `le` is reserved for buckets and `otel_scope_…` for the meter. */
function labelName(key: string): string {
  const name = key.replace(/[^a-z0-9_]/gi, '_').replace(/_{2,}/g, '_');
  const taken = name === 'le' || name.startsWith('otel_scope_');
  if (/^\d|^$/.test(name)) return `_${name}`;
  return taken ? `attr_${name}` : name;
}

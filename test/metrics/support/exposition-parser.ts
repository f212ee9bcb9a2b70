/** One metric family of a page. */
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly value: number;
  }[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const SAMPLE = new RegExp(
  `^(${NAME})(?:\\{(.*)\\})? (NaN|[+-]Inf|[-+]?[0-9.]+(?:e[-+]?[0-9]+)?)(?: (-?\\d+))?$`,
);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  counter: [''],
  gauge: [''],
};

/**
 * Parses the Prometheus text format 0.0.4 and refuses whatever it does not allow: lines that are none of its
 * own, names and labels outside of their alphabets, a family in two places, a series twice, a sample without
 * a family, histograms that do not add up.
 *
 * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/ | Exposition formats}
 */
export function parseExposition(page: string): Map<string, Family> {
  if (!page.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const families = new Map<string, Family>();
  const series = new Set<string>();
  let current: [string, Family] | undefined;
  let help: [string, string] | undefined;
  for (const line of page.slice(0, -1).split('\n')) {
    const comment = new RegExp(`^# (HELP|TYPE) (${NAME}) (.*)$`).exec(line);
    if (comment?.[1] === 'HELP') {
      if (families.has(comment[2]!)) throw new Error(`family ${comment[2]!} comes twice`);
      if (!/^(?:[^\\]|\\[\\n])*$/.test(comment[3]!)) throw new Error(`bad escape in ${line}`);
      help = [comment[2]!, comment[3]!];
    } else if (comment?.[1] === 'TYPE') {
      const [, , name, type] = comment as unknown as [string, string, string, string];
      if (families.has(name)) throw new Error(`family ${name} comes twice`);
      if (SUFFIXES[type] === undefined) throw new Error(`unknown type in ${line}`);
      if (help?.[0] !== name) throw new Error(`no HELP before ${line}`);
      current = [name, { type, help: help[1], samples: [] }];
      families.set(name, current[1]);
    } else if (line.startsWith('#')) {
      throw new Error(`neither HELP nor TYPE: ${line}`);
    } else {
      const match = SAMPLE.exec(line);
      if (match === null || current === undefined) throw new Error(`not a sample: ${line}`);
      const [, name, text = '', value] = match as unknown as [string, string, string | undefined, string];
      const [family, { type, samples }] = current;
      if (!SUFFIXES[type]!.some((suffix) => name === family + suffix))
        throw new Error(`${name} is not of ${family}`);
      const labels = parseLabels(text);
      const key = name + JSON.stringify(Object.entries(labels).sort());
      if (series.has(key)) throw new Error(`series twice: ${line}`);
      series.add(key);
      samples.push({ name, labels, value: toNumber(value) });
    }
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family);
  return families;
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== '';) {
    const match = LABEL.exec(rest);
    if (match === null) throw new Error(`bad labels: ${rest}`);
    const [whole, name, value] = match as unknown as [string, string, string];
    if (Object.hasOwn(labels, name)) throw new Error(`label ${name} comes twice`);
    labels[name] = value.replace(/\\(.)/g, (_all, char: string) => (char === 'n' ? '\n' : char));
    rest = rest.slice(whole.length);
  }
  return labels;
}

function toNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

/** Buckets grow, end in `+Inf`, and agree with the count. */
function checkHistogram(name: string, { samples }: Family): void {
  const without = (labels: Record<string, string>): string =>
    JSON.stringify(
      Object.entries(labels)
        .filter(([label]) => label !== 'le')
        .sort(),
    );
  const groups = new Map<string, typeof samples>();
  for (const sample of samples) {
    const key = without(sample.labels);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => toNumber(labels['le'] ?? ''));
    if (bounds.at(-1) !== Infinity) throw new Error(`${name} has no +Inf bucket`);
    if (bounds.some((bound, index) => index > 0 && bound <= bounds[index - 1]!))
      throw new Error(`${name} has unsorted buckets`);
    if (buckets.some(({ value }, index) => index > 0 && value < buckets[index - 1]!.value)) {
      throw new Error(`${name} has shrinking buckets`);
    }
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    if (count !== buckets.at(-1)!.value)
      throw new Error(`${name} counts ${String(count)}, its buckets another number`);
  }
}

import { runningServers } from '../discovery.js';
import { DevtoolsClient } from '../mcp/devtools-client.js';
import { ok, warning, type Finding } from './finding.js';

interface Running {
  readonly sources: readonly {
    readonly name: string;
    readonly modules: readonly string[];
    readonly status: {
      readonly spans: { readonly ended: number; readonly dropped: Readonly<Record<string, number>> };
    };
  }[];
}

/** Asks running apps with devtools which instance covers which modules, and whether spans were lost. */
export async function checkRunningApp(): Promise<Finding[]> {
  const findings = await Promise.all(
    runningServers().map(async ({ origin, token }) => {
      try {
        const { sources } = await new DevtoolsClient(origin, token).json<Running>('/api/status');
        return sources.flatMap(findingsOf);
      } catch {
        return [];
      }
    }),
  );
  return findings.flat();
}

function findingsOf({ name, modules, status }: Running['sources'][number]): Finding[] {
  const { ended, dropped } = status.spans;
  const lost = Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`);
  const covers = ok('coverage', `${name} covers ${modules.join(', ') || 'no module'}; ${ended} spans ended.`);
  if (lost.length === 0) return [covers];
  return [
    covers,
    warning(
      'spans-lost',
      `${name} lost spans: ${lost.join(', ')}.`,
      'docs/delivery.md says what each reason means.',
    ),
  ];
}

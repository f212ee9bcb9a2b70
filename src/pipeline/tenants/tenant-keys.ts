/*
 * From an entry (request, message, job) to the generation that exports its spans:
 *
 *   entry ── TenantKeys.ofEntry: `resolve` or `resolveEntry`, asked once ──▶ key ──▶ TenantRouter
 *                                                                                       │
 *     telemetry is off ───────────────────────────────────────────────▶ the current generation
 *     slot in the cache, built from the current configuration ────────▶ its generation
 *     look-up of this key under way ──────────────────────────────────▶ a generation that holds spans back
 *     unknown (remembered for 10 s), or not a key ────────────────────▶ fallback: default pipeline or dropped
 *     too many look-ups ──────────────────────────────────────────────▶ dropped
 *     otherwise: call `config(key)`
 *         an object ────────────────────▶ open a slot in the cache, use its generation
 *         a promise ────────────────────▶ hold spans back, then hand them to the generation of its result
 *         nothing ──────────────────────▶ unknown
 *         an error, or 30 s of waiting ─▶ the tenant's last configuration, else unknown
 *
 * Invariants: a tenant's spans never go to another tenant; slots, look-ups and remembered unknown keys are
 * bounded (keys come from requests); an entry keeps the tenant that it was first given.
 */
import type { Entry, Flow, FlowPipeline } from '../../context/flow-context.js';
import { errorText, type RateLimitedLog } from '../../base/rate-limited-log.js';
import { ask } from '../../base/user-function.js';
import { isTenantKey, TENANT_KEY, type EntryContext, type TenantOptions } from './tenant-options.js';

/** Determines the tenant of each entry, once, by the options of one instance. */
export class TenantKeys {
  private readonly entries = new WeakMap<Entry, { readonly key: string | undefined }>();

  constructor(
    private readonly options: TenantOptions,
    private readonly log: RateLimitedLog,
    private readonly onEntry: (key: string) => void,
  ) {}

  ofEntry(entry: Entry): string | undefined {
    let resolved = this.entries.get(entry);
    if (resolved === undefined) {
      resolved = { key: this.keyOfEntry(entry) };
      this.entries.set(entry, resolved);
      if (resolved.key !== undefined) this.onEntry(resolved.key);
    }
    return resolved.key;
  }

  /** Returns the tenant that a flow chose for a pipeline, else its entry's tenant. */
  ofFlow(pipeline: FlowPipeline, flow: Flow | undefined): string | undefined {
    for (let overlay = flow?.overlay; overlay !== undefined; overlay = overlay.next) {
      if (overlay.pipeline === pipeline && overlay.target.tenant !== undefined) return overlay.target.tenant;
    }
    return flow?.entry === undefined ? undefined : this.ofEntry(flow.entry);
  }

  /** Returns the key if it is valid; an invalid key is logged. */
  valid(key: unknown): string | undefined {
    if (isTenantKey(key)) return key;
    this.log.warn('tenants.key', `A tenant key must be ${TENANT_KEY}; the request or flow has no tenant.`);
    return undefined;
  }

  private keyOfEntry(entry: Entry): string | undefined {
    const hook = entry.kind === undefined ? 'resolve' : 'resolveEntry';
    return ask(
      () => this.answer(entry),
      (key: unknown) => (key === undefined || key === null ? undefined : this.valid(key)),
      (error) => {
        this.log.warn(
          `tenants.${hook}`,
          `\`tenants.${hook}\` threw, the request has no tenant: ${errorText(error)}`,
        );
        return undefined;
      },
    );
  }

  private answer({ kind, subject, tenant }: Entry): unknown {
    const { resolve, resolveEntry } = this.options;
    if (kind === undefined) return resolve?.(subject);
    return resolveEntry === undefined ? tenant : resolveEntry(subject as EntryContext, kind);
  }
}

/** An entry that a shutdown can end. */
interface OpenEntry {
  cutOff(): void;
}

/** Entries that nobody ever ends would else be kept for as long as the app runs. */
const MAX_OPEN_ENTRIES = 10_000;

/** The recorded entries of one instance whose work is under way: those that are left when the app closes end then. */
export class OpenEntries {
  private readonly entries = new Set<OpenEntry>();

  /** At the limit, further entries are left to themselves. */
  add(entry: OpenEntry): void {
    if (this.entries.size < MAX_OPEN_ENTRIES) this.entries.add(entry);
  }

  delete(entry: OpenEntry): void {
    this.entries.delete(entry);
  }

  cutOff(): void {
    for (const entry of [...this.entries]) entry.cutOff();
  }
}

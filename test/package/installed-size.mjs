import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of all files below a folder; links count nothing, 0 without the folder. */
export async function bytesBelow(folder) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await bytesBelow(path);
    else if (entry.isFile()) bytes += (await lstat(path)).size;
  }
  return bytes;
}

export const inMegabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

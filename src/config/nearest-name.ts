/**
 * Finds the known name that a misspelt one probably meant.
 *
 * @param maxEdits - the most letters that may differ; never more than a third of the name
 * @returns the nearest of `names`, ignoring case, or `undefined`
 */
export function nearestName(name: string, names: Iterable<string>, maxEdits = Infinity): string | undefined {
  let nearest: string | undefined;
  let least = Infinity;
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    const allowed = Math.min(maxEdits, Math.max(1, Math.floor(candidate.length / 3)));
    if (distance < least && distance <= allowed) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

/**
 * Counts the insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
 */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(
        at(last, column - 1) + (same ? 0 : 1),
        at(last, column) + 1,
        at(current, column - 1) + 1,
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

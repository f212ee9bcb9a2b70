/**
 * The order in which the rows of a session run: each once a round, shuffled, and none twice in a row, so that
 * every row follows every other and finds the caches as they left them.
 *
 * @template T
 * @param {readonly T[]} targets
 * @param {number} rounds
 * @returns {T[]}
 */
export function turns(targets, rounds) {
  const order = [];
  for (let round = 0; round < rounds; round++) {
    const next = shuffled(targets);
    if (next.length > 1 && next[0] === order.at(-1)) next.push(next.shift());
    order.push(...next);
  }
  return order;
}

function shuffled(targets) {
  const rest = [...targets];
  return targets.map(() => rest.splice(Math.floor(Math.random() * rest.length), 1)[0]);
}

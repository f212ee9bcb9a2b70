/** Two-sided 95 % quantiles of Student's t, for 1 to 30 degrees of freedom. */
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/**
 * Arithmetic mean with its 95 % confidence interval, from Student's t.
 *
 * @param {number[]} values one per independent session
 * @returns {{ mean: number, low: number, high: number }} `low` and `high` are NaN for a single session
 */
export function mean(values) {
  const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
  const half = (T95[values.length - 2] ?? 1.96) * Math.sqrt(variance / values.length);
  return { mean: middle, low: middle - half, high: middle + half };
}

/** As {@link mean}, for ratios: the geometric mean, with the interval that their logarithms have. */
export function geometricMean(ratios) {
  const logs = mean(ratios.map(Math.log));
  return { mean: Math.exp(logs.mean), low: Math.exp(logs.low), high: Math.exp(logs.high) };
}

/** The middle one; of an even number, the mean of the two. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `1.238 [1.220, 1.257]` */
export function interval({ mean, low, high }, digits = 3) {
  if (Number.isNaN(low)) return mean.toFixed(digits);
  if (!Number.isFinite(low)) return `${mean.toFixed(digits)} [unbounded]`;
  return `${mean.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

/**
 * Ratio of two means that were measured together, with its 95 % interval by Fieller's theorem: a mean of ratios
 * would be ruled by the sessions whose divisor is small.
 *
 * @param {readonly (readonly [number, number])[]} pairs dividend and divisor, one pair per independent session
 * @returns {{ mean: number, low: number, high: number }} both limits are infinite where the divisor cannot be
 *   told from zero, NaN for a single session
 */
export function ratioOfMeans(pairs) {
  const count = pairs.length;
  const [above, below] = [0, 1].map((at) => pairs.reduce((sum, pair) => sum + pair[at], 0) / count);
  const covariance = (a, b, meanA, meanB) =>
    pairs.reduce((sum, pair) => sum + (pair[a] - meanA) * (pair[b] - meanB), 0) / (count - 1) / count;
  const [varAbove, varBelow, shared] = [
    covariance(0, 0, above, above),
    covariance(1, 1, below, below),
    covariance(0, 1, above, below),
  ];
  const ratio = above / below;
  if (count < 2) return { mean: ratio, low: NaN, high: NaN };
  const t2 = (T95[count - 2] ?? 1.96) ** 2;
  const rest = below ** 2 - t2 * varBelow;
  if (rest <= 0) return { mean: ratio, low: -Infinity, high: Infinity };
  const middle = (above * below - t2 * shared) / rest;
  const half = Math.sqrt(Math.max(0, middle ** 2 - (above ** 2 - t2 * varAbove) / rest));
  return { mean: ratio, low: middle - half, high: middle + half };
}

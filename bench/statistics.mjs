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

/** `1.238 [1.220, 1.257]` */
export function interval({ mean, low, high }, digits = 3) {
  if (Number.isNaN(low)) return mean.toFixed(digits);
  return `${mean.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

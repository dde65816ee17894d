/** Scores that a command printed with --json: JSON knows no NaN, so where a row has null for a number, that is what it was. */
export function parseScores(json: string): unknown {
  const numbers = new Set(['value', 'ci_low', 'ci_high']);
  return JSON.parse(json, (key, value) => (value === null && numbers.has(key) ? Number.NaN : value));
}

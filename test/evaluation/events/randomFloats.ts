/** Uniform numbers of 0 … 1 for tests, from a seed (Park & Miller 1988). */
export function floats(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

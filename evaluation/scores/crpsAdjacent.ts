/**
 * CRPS with the distance between members taken from M pairs instead of all M(M − 1)/2: unbiased if members
 * are exchangeable, noisier, O(M) without a sort, and dependent on the order of the members. Exists by name,
 * for comparison with packages that offer it (scoringrules: akr and akr_circperm).
 *
 *   adjacent    (1/M) Σ|x_i − y| − (1/2M) Σ|x_i − x_{i−1}|      indices modulo M
 *   circular    the partner of x_i is x_{(i + 1 + ⌊(M − 1)/2⌋) mod M}
 */

export type MemberPairing = 'adjacent' | 'circular';

/** @param members [member], in the order they were drawn */
export function crpsAdjacent(members: ArrayLike<number>, observed: number, pairing: MemberPairing): number {
  const count = members.length;
  const shift = pairing === 'adjacent' ? count - 1 : 1 + Math.floor((count - 1) / 2);
  let distance = 0;
  let between = 0;
  for (let i = 0; i < count; i++) {
    distance += Math.abs(members[i]! - observed);
    between += Math.abs(members[i]! - members[(i + shift) % count]!);
  }
  return distance / count - between / (2 * count);
}

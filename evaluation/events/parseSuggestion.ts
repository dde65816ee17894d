/** The known word that a misspelt one was meant to be. */

/**
 * Fewest letters put in, left out, exchanged or swapped with their neighbour that turn one word into the other: optimal
 * string alignment (Damerau 1964, doi:10.1145/363958.363994; no letter is touched twice).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = last[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      let best = Math.min(exchanged, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, beforeLast[j - 2]! + 1);
      }
      row.push(best);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}

/** The nearest of the words, any case, or null where none is within a third of the letters (one letter in short words). */
export function nearestWord(found: string, words: readonly string[]): string | null {
  const wanted = found.toLowerCase();
  let nearest: string | null = null;
  let shortest = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const word of words) {
    // Words of one or two letters are near everything.
    const distance = editDistance(wanted, word.toLowerCase());
    if (distance < shortest && distance < Math.min(wanted.length, word.length)) {
      [nearest, shortest] = [word, distance];
    }
  }
  return nearest;
}

/** '; did you mean "wind"?', or nothing. */
export function suggestion(found: string, words: readonly string[]): string {
  const nearest = nearestWord(found, words);
  return nearest === null ? '' : `; did you mean "${nearest}"?`;
}

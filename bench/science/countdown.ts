/** Lines of progress with the time that is left, no more than one every few seconds. */

const secondsBetween = 10;

/** @returns to be called with how much of the whole is done */
export function countdown(name: string, of: number, unit: string): (done: number) => void {
  const began = performance.now();
  let last = began;
  return (done) => {
    const now = performance.now();
    if (done < of && now - last < 1000 * secondsBetween) return;
    last = now;
    const elapsed = (now - began) / 1000;
    const left = (elapsed * (of - done)) / Math.max(done, 1);
    process.stderr.write(
      `${name}: ${done} of ${of} ${unit}, ${duration(elapsed)} gone, ${duration(left)} left\n`,
    );
  };
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`;
}

/**
 * Blue for better, brown for worse, in five steps either way and none about zero: the colour map vik (Crameri 2018,
 * doi:10.5281/zenodo.1243862), even in lightness and told apart by every kind of colour vision. Numbers and marks say
 * the same again without colour.
 */

/** From worst to best, dark brown to dark blue: ten steps of vik, from its author's tables. */
export const vik = [
  ...['#590008', '#8b2706', '#be6533', '#d39774', '#eacebd'],
  ...['#c9dde7', '#71a8c4', '#1e6f9d', '#033e7d', '#001261'],
] as const;

const stepsEachWay = 5;

/** Step −5 … 5 of a value; 0 within a tenth of a step of zero. @param limit where the darkest step ends */
export function divergingStep(value: number, limit: number): number {
  const size = (Math.abs(value) / limit) * stepsEachWay;
  if (!(size >= 0.1)) return 0;
  const step = Math.min(stepsEachWay, Math.max(1, Math.ceil(size - 1e-9)));
  return value < 0 ? -step : step;
}

/** Class of a table cell of that step. */
export function stepClass(step: number): string {
  return step === 0 ? 'step-0' : step < 0 ? `worse-${-step}` : `better-${step}`;
}

/** Rules for the page's style sheet. */
export function divergingStyle(): string {
  return vik
    .map((colour, i) => {
      const step = i < stepsEachWay ? i - stepsEachWay : i - stepsEachWay + 1;
      const ink = Math.abs(step) >= 3 ? '#fff' : '#10202c';
      return `.${stepClass(step)}{background:${colour};color:${ink}}`;
    })
    .join('');
}

/** Round limit for values: what nine of ten stay within, 5 to 100. */
export function divergingLimit(values: readonly number[]): number {
  const sizes = values
    .map(Math.abs)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const high = sizes[Math.floor(0.9 * (sizes.length - 1))] ?? 0;
  return [5, 10, 25, 50].find((limit) => high <= limit) ?? 100;
}

/** A key of the steps: coloured cells with the bounds that they reach to, as HTML. @param unit after the numbers: '%' */
export function divergingKey(limit: number, unit: string, worse: string, better: string): string {
  const width = limit / stepsEachWay;
  const cells = vik.map((_, i) => {
    const step = i < stepsEachWay ? i - stepsEachWay : i - stepsEachWay + 1;
    const last = Math.abs(step) === stepsEachWay;
    const bound = Number(((last ? stepsEachWay - 1 : Math.abs(step)) * width).toPrecision(3));
    const beyond = last ? (step < 0 ? '&lt; ' : '&gt; ') : '';
    return `<span class="${stepClass(step)}">${beyond}${step < 0 ? '−' : ''}${bound}</span>`;
  });
  return (
    `<p class="steps" aria-hidden="true"><span class="side">${worse}</span>${cells.join('')}` +
    `<span class="side">${better}</span><span class="side">${unit}</span></p>`
  );
}

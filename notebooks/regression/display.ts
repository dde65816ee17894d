/**
 * Results as a notebook shows them: by the display protocol of JavaScript kernels, an object whose method
 * Symbol.for('Jupyter.display') gives the same thing by media type.
 */

const method = Symbol.for('Jupyter.display');

export interface Displayed {
  readonly [method]: () => Readonly<Record<string, string>>;
}

export function svg(text: string): Displayed {
  return { [method]: () => ({ 'image/svg+xml': text }) };
}

/** @param rows cells of each row, the first of them its heading */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): Displayed {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = headings.map((_, i) => (i === 0 ? '---' : '---:'));
  const text = [line(headings), line(rule), ...rows.map(line)].join('\n');
  return { [method]: () => ({ 'text/markdown': text }) };
}

/** Lines of delimited text as people and spreadsheets write them: cells between separators, quotes as in RFC 4180. */

export interface NumberedLine {
  readonly line: string;
  /** From 1. */
  readonly number: number;
}

/** Lines that hold something, with the number they have in the file; of any line ending, without a byte-order mark. */
export function* numberedLines(text: string): Generator<NumberedLine> {
  let from = text.startsWith('\uFEFF') ? 1 : 0;
  for (let number = 1; from < text.length; number++) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(from, text[end - 1] === '\r' ? end - 1 : end);
    if (line.trim() !== '') yield { line, number };
    from = end + 1;
  }
}

/** The cells of one line, trimmed. */
export function cells(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator).map((cell) => cell.trim());
  const found: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if (quoted && character === '"' && line[i + 1] === '"') {
      cell += '"';
      i++;
    } else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      found.push(cell.trim());
      cell = '';
    } else cell += character;
  }
  found.push(cell.trim());
  return found;
}

/** A forecast in a screenful: what was run, how good, how sure, what is likely, where to look, what to type next. */
import type { Headline } from './headline.js';
import type { Prospect } from './outlook.js';

const width = 118;
const indent = '  ';

export interface TerminalSummary {
  readonly title: string;
  readonly said: Headline;
  readonly prospects: readonly Prospect[];
  /** Where lows will be, a sentence each. */
  readonly lows?: readonly string[];
  readonly report: string;
  /** Commands with what they are for. */
  readonly next: readonly { readonly command: string; readonly purpose: string }[];
}

export function terminalSummary({
  title,
  said,
  prospects,
  lows = [],
  report,
  next,
}: TerminalSummary): string {
  const lines: string[] = [title, ''];
  const section = (name: string, sentences: readonly string[]): void => {
    if (sentences.length === 0) return;
    lines.push(name, ...sentences.flatMap(wrapped));
  };
  section('What was run', said.world === null ? [said.run] : [said.run, said.world]);
  section('How good (1 is perfect, 0 no better than climatology)', said.good);
  section('How sure', said.sure);
  section('What is likely', [
    ...prospects.map(({ text, happened }) => (happened === null ? text : `${text} → ${happened}`)),
    ...lows,
  ]);
  lines.push(`The report: ${report}`, 'Next:');
  for (const { command, purpose } of next) lines.push(`${indent}# ${purpose}`, `${indent}${command}`);
  return `${lines.join('\n')}\n`;
}

/** A sentence in lines of at most `width` characters, indented. */
function wrapped(sentence: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of sentence.split(' ')) {
    if (line.length + word.length + 1 > width && line.trim() !== '') {
      lines.push(line);
      line = indent.repeat(2);
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}

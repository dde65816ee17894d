/** docs/results.md section by section: what was not made this time stays as it is. */
import { describe, expect, it } from 'vitest';
import { resultsDocument } from '../../bench/evidence/document.js';

const none = new Map<string, string>();
const section = (title: string, text: string): [string, string] => [title, `## ${title}\n\n${text}\n`];

describe('the page of results', () => {
  const before = resultsDocument(
    { series: new Map([section('A', 'one'), section('B', 'two')]), others: none },
    '',
  );

  it('keeps sections that were not made again, in their order', () => {
    const after = resultsDocument({ series: new Map([section('B', 'three')]), others: none }, before);
    expect(after).toBe(before.replace('\ntwo\n', '\nthree\n'));
  });

  it('puts other evidence below and leaves how the page opens to its series', () => {
    const older = before.replace('# Results', '# Results of before');
    const after = resultsDocument({ series: none, others: new Map([section('C', 'four')]) }, older);
    expect(after).toBe(`${older}\n## C\n\nfour\n`);
    expect(resultsDocument({ series: none, others: new Map([section('C', 'four')]) }, after)).toBe(after);
  });
});

/**
 * docs/nature.md, a section for each part of the science checks: a part rewrites its own and leaves the others as they
 * are. Figures lie beside it in docs/figures.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const docs = fileURLToPath(new URL('../../../docs', import.meta.url));
const sections = ['climatology', 'wave', 'growth'] as const;
export type Section = (typeof sections)[number];

const preface = `# The nature run's dycore, shown right

Made by \`npm run science\`. The dry primitive-equation model of \`models/dycore\` beside what others published of theirs.
Published values are read off printed figures, so they carry a range. Conservation laws, wave speeds and the short forms
of what follows are tests (\`test/models/dycore*.test.ts\`).
`;

/** Writes a section and the whole document; sections not yet made are left out. */
export function writeSection(section: Section, text: string): void {
  mkdirSync(docs, { recursive: true });
  const path = join(docs, 'nature.md');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const parts = sections.map((name) => (name === section ? text.trim() : found(before, name)));
  const body = sections
    .map((name, i) => [name, parts[i]] as const)
    .filter(([, part]) => part !== undefined)
    .map(([name, part]) => `<!-- ${name} -->\n${part}\n<!-- /${name} -->`);
  writeFileSync(path, `${[preface, ...body].join('\n')}\n`);
}

/** @returns its path as the document names it */
export function writeFigure(name: string, svg: string): string {
  mkdirSync(join(docs, 'figures'), { recursive: true });
  writeFileSync(join(docs, 'figures', `${name}.svg`), svg);
  return `figures/${name}.svg`;
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function found(text: string, name: Section): string | undefined {
  return new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)\\n<!-- /${name} -->`).exec(text)?.[1];
}

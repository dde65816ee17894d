/** Results of long runs kept as JSON under runs/science and taken up again; delete a file to run anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const directory = fileURLToPath(new URL('../../../runs/science', import.meta.url));
/** Significant digits that are kept. */
const digits = 7;

/** What `make` returns, plain data, made once for a name that says all that it depends on. */
export function kept<T>(name: string, make: () => T): T {
  const path = join(directory, `${name}.json`);
  if (existsSync(path)) {
    process.stderr.write(`${path} is taken as it is\n`);
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  }
  const made = make();
  mkdirSync(directory, { recursive: true });
  const short = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(digits)) : value;
  writeFileSync(path, JSON.stringify(made, short));
  return made;
}

/** The version of this program, as its package states it. */
import { existsSync, readFileSync } from 'node:fs';

/** From src/ as it is written, or from dist/src/ as it is built. */
const packageFile = ['../package.json', '../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url)) as URL;

export const version: string = (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;

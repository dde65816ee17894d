/** The model that comes with the program: models/default of its package, wherever that is installed. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Its directory; from the sources and from dist/ alike, the nearest package.json above marks the package. */
export function shippedModel(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json')) && dirname(directory) !== directory) {
    directory = dirname(directory);
  }
  return join(directory, 'models', 'default');
}

/** Where the truth lay, out of how files of scores name it: 'archive "a.nc", "b.nc"' is a.nc and b.nc. */
export function archivePaths(name: string): string[] {
  const [, inside] = /^archive "(.*)"$/.exec(name) ?? [];
  return inside === undefined ? [name] : inside.split('", "');
}

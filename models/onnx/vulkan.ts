/**
 * Whether a Vulkan driver could answer at all, told from files: the loader library and a driver manifest
 * (Vulkan-Loader, "Driver Discovery on Linux"). Asked before WebGPU is tried unasked on Linux, because a try in
 * vain takes time and writes to stderr; a yes here promises nothing.
 */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const loader = 'libvulkan.so.1';
const systemLibraries = ['/usr/lib', '/lib', '/usr/lib64', '/lib64', '/usr/local/lib', '/usr/local/lib64'];

type Environment = Readonly<Record<string, string | undefined>>;

/** What is missing, or undefined where both are there or the system is not Linux. */
export function missingVulkan(
  environment: Environment = process.env,
  platform: string = process.platform,
): string | undefined {
  if (platform !== 'linux') return undefined;
  if (!libraryDirectories(environment).some((directory) => existsSync(join(directory, loader)))) {
    return `no Vulkan loader (${loader})`;
  }
  return driverManifests(environment) ? undefined : 'no Vulkan driver';
}

function libraryDirectories(environment: Environment): string[] {
  const named = (environment.LD_LIBRARY_PATH ?? '').split(':').filter((part) => part !== '');
  // Debian keeps libraries one directory deeper, by architecture: /usr/lib/x86_64-linux-gnu
  const nested = systemLibraries.flatMap((directory) =>
    entries(directory)
      .filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => join(directory, name)),
  );
  return [...named, ...systemLibraries, ...nested];
}

function driverManifests(environment: Environment): boolean {
  const named = environment.VK_DRIVER_FILES ?? environment.VK_ICD_FILENAMES;
  if (named !== undefined && named !== '') return named.split(':').some((path) => existsSync(path));
  const added = (environment.VK_ADD_DRIVER_FILES ?? '').split(':').filter((path) => path !== '');
  if (added.some((path) => existsSync(path))) return true;
  const data = (environment.XDG_DATA_DIRS ?? '/usr/local/share:/usr/share').split(':');
  const home = environment.XDG_DATA_HOME ?? join(homedir(), '.local/share');
  return ['/etc', '/usr/local/etc', ...data, home]
    .flatMap((directory) => entries(join(directory, 'vulkan/icd.d')))
    .some((name) => name.endsWith('.json'));
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/**
 * Makes a clone ready to run: installs the pinned packages and builds, each only when it has to.
 * Called before start, test, check and bench, so one command is enough on a fresh clone.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';

function run(command, args) {
  const result = spawnSync(command, args, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  process.stderr.write(`plume needs Node 20 or newer, this is ${process.versions.node}\n`);
  process.exit(64);
}

const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
const stamp = 'node_modules/.plume-lock';
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stderr.write('installing packages …\n');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, lock);
}

/** The AssemblyScript of a folder → one WebAssembly module under dist/, when a source or this file is newer. */
const changed = (file) => statSync(file).mtimeMs;
for (const [folder, name] of [
  ['core/sphere/kernels', 'transform'],
  ['models/dycore/kernels', 'dycore'],
  ['evaluation/kernels', 'score'],
]) {
  const kernels = `dist/${folder}/${name}.wasm`;
  const sources = readdirSync(folder).flatMap((file) => (file.endsWith('.as.ts') ? `${folder}/${file}` : []));
  const fresh =
    existsSync(kernels) && [...sources, '.ci/setup.mjs'].every((file) => changed(file) <= changed(kernels));
  if (fresh) continue;
  const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd,bulk-memory,threads'];
  const memory = ['--importMemory', '--sharedMemory', '--maximumMemory', '32768'];
  const entry = `${folder}/${name}.as.ts`;
  run('node', ['node_modules/assemblyscript/bin/asc.js', entry, '-o', kernels, ...flags, ...memory]);
}
run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);

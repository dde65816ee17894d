/** plume run info DIR: what a run directory is and whether it is complete. */

import { dataError } from '../../core/errors.js';
import { checkRun, chunkMembers, openRun } from '../../core/store/run.js';
import { formatTime } from '../../core/time.js';
import { formatPerturbation } from '../../perturbations/resolve.js';
import type { PerturbationSource } from '../../perturbations/source.js';
import type { CommandDefinition } from '../command.js';
import { formatBytes } from '../progress.js';

export const runInfoCommand: CommandDefinition<'checksums'> = {
  name: 'info',
  operands: '<run>',
  summary: 'what a run directory holds, and with --checksums whether every byte is as it was written',
  examples: ['plume run info runs/2007', 'plume run info runs/2007 --checksums --json'],
  options: ['checksums'],
  run: async ({ operands: [directory = ''], options, json }) => {
    const run = await openRun(directory);
    const { manifest, starts, leadsHours } = run;
    await run.close();
    const chunks = Object.values(manifest.chunks);
    const held = chunks
      .filter(({ kind }) => kind === 'members')
      .reduce((sum, chunk) => sum + chunkMembers(chunk, manifest.noise_streams), 0);
    const expected = starts.length * manifest.weight_samples * manifest.noise_streams;
    const check = options.checksums ? await checkRun(directory) : null;
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
    const result = {
      directory,
      seed: manifest.seed,
      weightSamples: manifest.weight_samples,
      noiseStreams: manifest.noise_streams,
      starts: manifest.starts,
      leadsHours,
      device: manifest.device,
      model: manifest.model,
      perturbation: manifest.perturbation,
      trajectories: { held, expected },
      bytes,
      check,
    };
    if (!json) {
      const span = starts.length === 0 ? 'none' : `${formatTime(starts[0]!)} … ${formatTime(starts.at(-1)!)}`;
      process.stdout.write(
        [
          `${directory}: plume ${manifest.plume}, seed ${manifest.seed}`,
          `members    ${manifest.weight_samples} × ${manifest.noise_streams}, ${held} of ${expected} trajectories there`,
          `starts     ${starts.length}, ${span}`,
          `leads      ${leadsHours[0]} … ${leadsHours.at(-1)} h in steps of ${manifest.step_hours} h`,
          `model      ${JSON.stringify(manifest.model)}`,
          ...perturbationWords(manifest.perturbation),
          `device     ${JSON.stringify(manifest.device)}`,
          `on disk    ${chunks.length} files, ${formatBytes(bytes)}`,
          ...(check === null
            ? []
            : [
                `checksums  ${check.damaged.length === 0 ? 'all as written' : `${check.damaged.length} damaged`}`,
              ]),
          '',
        ].join('\n'),
      );
    }
    const damaged = check?.damaged[0];
    if (damaged !== undefined) {
      throw dataError(
        `${directory}: ${check?.damaged.length} damaged files, the first "${damaged.file}": ${damaged.problem}; ` +
          'run the forecast again to remake them',
      );
    }
    return result;
  },
};

/** A line for each that the manifest records; as it stands where another version wrote it. */
function perturbationWords(recorded: unknown): string[] {
  const { initial, steps } = (recorded ?? {}) as {
    readonly initial?: readonly PerturbationSource[];
    readonly steps?: readonly PerturbationSource[];
  };
  if (!Array.isArray(initial) || !Array.isArray(steps)) return [`noise      ${JSON.stringify(recorded)}`];
  return [
    ...initial.map((source) => `at start   ${formatPerturbation(source)}`),
    ...steps.map((source) => `each step  ${formatPerturbation(source)}`),
  ];
}

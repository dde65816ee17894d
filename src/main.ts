/**
 * What the command line does with the words it is given: finds the command, runs it, and answers with an exit code
 * that tells "retry" from "do not". It sets nothing of the process: plume.ts does, and what asks many commands need not.
 */
import { Command, CommanderError } from 'commander';
import { exitCodes, isPlumeError, toPlumeError } from '../core/errors.js';
import { addCommand, type CommandDefinition, examplesHelp } from './command.js';
import { version } from './version.js';

/** In the order of the help. What stands in a group is called by two words, as `plume run info`. */
interface Entry {
  readonly word: string;
  readonly group?: string;
  readonly load: () => Promise<CommandDefinition>;
}

const entries: readonly Entry[] = [
  { word: 'start', load: async () => (await import('./commands/start.js')).startCommand },
  {
    word: 'archive',
    group: 'look into gridded data',
    load: async () => (await import('./commands/archiveInfo.js')).archiveInfoCommand,
  },
  { word: 'nature', load: async () => (await import('./commands/nature.js')).natureCommand },
  { word: 'train', load: async () => (await import('./commands/train.js')).trainCommand },
  { word: 'bayesianise', load: async () => (await import('./commands/bayesianise.js')).bayesianiseCommand },
  { word: 'forecast', load: async () => (await import('./commands/forecast.js')).forecastCommand },
  { word: 'errors', load: async () => (await import('./commands/errors.js')).errorsCommand },
  {
    word: 'perturbations',
    load: async () => (await import('./commands/perturbations.js')).perturbationsCommand,
  },
  { word: 'verify', load: async () => (await import('./commands/verify.js')).verifyCommand },
  { word: 'compare', load: async () => (await import('./commands/compare.js')).compareCommand },
  { word: 'query', load: async () => (await import('./commands/query.js')).queryCommand },
  { word: 'epsgram', load: async () => (await import('./commands/epsgram.js')).epsgramCommand },
  { word: 'tracks', load: async () => (await import('./commands/tracks.js')).tracksCommand },
  { word: 'report', load: async () => (await import('./commands/report.js')).reportCommand },
  {
    word: 'run',
    group: 'look into run directories',
    load: async () => (await import('./commands/runInfo.js')).runInfoCommand,
  },
];

function emptyProgram(): Command {
  return new Command('plume')
    .description('Ensemble and probabilistic forecasts with Bayesian deep learning.')
    .version(version, '-V, --version')
    .showHelpAfterError('(plume --help shows commands and examples)')
    .addHelpText(
      'after',
      `
Examples:
  plume start --archive slp.nc              train, forecast, verify and report in one go
  plume archive info slp.nc                 what a file holds
  plume nature --years 20 --every 24h --out nature.zarr
  plume train --archive slp.nc --out model
  plume bayesianise net.onnx --layers '*.weight' --archive slp.nc --out bayesian
  plume forecast --archive slp.nc --model model --starts 2007-01-01/2007-12-24/P7D --out runs/2007
  plume verify runs/2007 --archive slp.nc
  plume tracks runs/2007 --tracker lows
  plume report runs/2007
  plume query runs/2007 --event "msl < 980 hPa within 300km of 60N,20W between 24h and 72h"
  plume epsgram runs/2007 --at 60N,20W
  plume compare runs/2007 runs/other --archive slp.nc

Exit codes: 0 done, ${exitCodes.usage} bad use, ${exitCodes.data} bad data, ${exitCodes.resources} not enough resources,
${exitCodes.interrupted} interrupted (run the same command again to resume), ${exitCodes.internal} internal error.`,
    )
    .exitOverride();
}

/** @returns the program with the command that the words call: together they take half a second to load. The help, and a slip, want them all. */
async function programFor(words: readonly string[]): Promise<Command> {
  const program = emptyProgram();
  const called = entries.filter(({ word }) => word === words[0]);
  for (const { word, group, load } of called.length > 0 ? called : entries) {
    const definition = await load();
    const parent =
      group === undefined
        ? program
        : program
            .command(word)
            .description(group)
            .addHelpText('after', examplesHelp(definition.examples))
            .exitOverride();
    addCommand(parent, definition);
  }
  return program;
}

/**
 * Runs the command that the words call; what it prints goes to the streams of this process.
 * @returns the exit code
 */
export async function main(words: readonly string[]): Promise<number> {
  try {
    const program = await programFor(words);
    await program.parseAsync(words, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    const failure = toPlumeError(error, 'plume');
    process.stderr.write(`plume: ${failure.message}\n`);
    if (!isPlumeError(error) && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
    return failure.exitCode;
  }
}

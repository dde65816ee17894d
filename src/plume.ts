#!/usr/bin/env node
/** The command line: parses, dispatches, and ends with an exit code that tells "retry" from "do not". */
import { Command, CommanderError } from 'commander';
import { exitCodes, isPlumeError, toPlumeError } from '../core/errors.js';
import { addCommand, examplesHelp } from './command.js';
import { archiveInfoCommand } from './commands/archiveInfo.js';
import { bayesianiseCommand } from './commands/bayesianise.js';
import { compareCommand } from './commands/compare.js';
import { errorsCommand } from './commands/errors.js';
import { forecastCommand } from './commands/forecast.js';
import { natureCommand } from './commands/nature.js';
import { perturbationsCommand } from './commands/perturbations.js';
import { reportCommand } from './commands/report.js';
import { runInfoCommand } from './commands/runInfo.js';
import { startCommand } from './commands/start.js';
import { trainCommand } from './commands/train.js';
import { verifyCommand } from './commands/verify.js';
import { version } from './version.js';

/** A reader that has seen enough, such as head, is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
/** What no command catches is a defect of ours: it ends with the code that says so. */
process.on('uncaughtException', (error) => {
  process.stderr.write(`plume: internal error: ${error.stack ?? String(error)}\n`);
  process.exit(exitCodes.internal);
});

const program = new Command('plume')
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
  plume report runs/2007
  plume compare runs/2007 runs/other --archive slp.nc

Exit codes: 0 done, ${exitCodes.usage} bad use, ${exitCodes.data} bad data, ${exitCodes.resources} not enough resources,
${exitCodes.interrupted} interrupted (run the same command again to resume), ${exitCodes.internal} internal error.`,
  )
  .exitOverride();

addCommand(program, startCommand);
const archive = program
  .command('archive')
  .description('look into gridded data')
  .addHelpText('after', examplesHelp(archiveInfoCommand.examples))
  .exitOverride();
addCommand(archive, archiveInfoCommand);
addCommand(program, natureCommand);
addCommand(program, trainCommand);
addCommand(program, bayesianiseCommand);
addCommand(program, forecastCommand);
addCommand(program, errorsCommand);
addCommand(program, perturbationsCommand);
addCommand(program, verifyCommand);
addCommand(program, compareCommand);
addCommand(program, reportCommand);
const run = program
  .command('run')
  .description('look into run directories')
  .addHelpText('after', examplesHelp(runInfoCommand.examples))
  .exitOverride();
addCommand(run, runInfoCommand);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
  } else {
    const failure = toPlumeError(error, 'plume');
    process.stderr.write(`plume: ${failure.message}\n`);
    if (!isPlumeError(error) && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
    process.exitCode = failure.exitCode;
  }
}

#!/usr/bin/env node
/** The process of the command line: its streams, its last resort, its exit code. What it does is in main.ts. */
import { exitCodes } from '../core/errors.js';
import { main } from './main.js';

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

process.exitCode = await main(process.argv.slice(2));

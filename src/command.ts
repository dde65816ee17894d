/**
 * A command of the line: what it is called, what it takes, and what it does.
 * Every command has --config, --json and --quiet beside its own options, and examples in its help.
 */
import type { Command } from 'commander';
import { commanderOptions, givenOptions, type OptionName, type Options, resolveOptions } from './options.js';
import { createReporter, type Reporter } from './progress.js';

export interface CommandContext<Name extends OptionName> {
  readonly options: Pick<Options, Name>;
  /** The positional arguments, in order. */
  readonly operands: readonly string[];
  readonly report: Reporter;
  readonly json: boolean;
  /** Options that a flag or the configuration file names; the others have their defaults. */
  readonly given: ReadonlySet<string>;
  /** Aborted by the first Ctrl-C or SIGTERM: finish what is under way, keep it, and stop. */
  readonly signal: AbortSignal;
}

export interface CommandDefinition<Name extends OptionName = OptionName> {
  readonly name: string;
  /** As commander writes them: "<run>" or "[file]". */
  readonly operands?: string;
  readonly summary: string;
  readonly examples: readonly string[];
  readonly options: readonly Name[];
  /** Descriptions of options that mean something of their own here, instead of those in options.ts. */
  readonly wording?: Readonly<Partial<Record<Name, string>>>;
  /** @returns what --json prints; the command itself prints the readable form */
  run(context: CommandContext<Name>): Promise<unknown>;
}

export function examplesHelp(examples: readonly string[]): string {
  return `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`;
}

export function addCommand<Name extends OptionName>(
  parent: Command,
  definition: CommandDefinition<Name>,
): void {
  const command = parent
    .command(
      definition.operands === undefined ? definition.name : `${definition.name} ${definition.operands}`,
    )
    .description(definition.summary)
    .option('--config <file>', 'JSON file of options; flags win over it')
    .option('--json', 'print the result as JSON on standard output')
    .option('--quiet', 'print nothing but the result and errors')
    .addHelpText('after', examplesHelp(definition.examples))
    .exitOverride();
  for (const option of commanderOptions(definition.options, definition.wording)) command.addOption(option);

  command.action(async (...parameters: unknown[]) => {
    // commander passes the operands, then the flags, then the command itself
    const flags = parameters.at(-2) as Record<string, unknown>;
    const operands = parameters
      .slice(0, -2)
      .flat()
      .filter((operand) => operand !== undefined) as string[];
    const json = flags.json === true;
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    try {
      const result = await definition.run({
        options: await resolveOptions(definition.options, flags, flags.config as string | undefined),
        operands,
        report: createReporter({ quiet: flags.quiet === true }),
        json,
        given: await givenOptions(flags, flags.config as string | undefined),
        signal: abort.signal,
      });
      if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    } finally {
      process.removeListener('SIGINT', stop);
      process.removeListener('SIGTERM', stop);
    }
  });
}

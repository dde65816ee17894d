/** plume perturbations: what members can be made to differ by, with parameters, defaults and where the numbers are from. */
import { usageError } from '../../core/errors.js';
import {
  flagOf,
  formatValue,
  type ParameterValue,
  type PerturbationKind,
  perturbationKinds,
  type Scheme,
  schemes,
} from '../../perturbations/parameters.js';
import { findPreset, type Preset, presets } from '../../perturbations/presets.js';
import type { CommandDefinition } from '../command.js';

export const perturbationsCommand: CommandDefinition<never> = {
  name: 'perturbations',
  operands: '[name]',
  summary:
    'what --perturb of plume forecast takes: schemes and presets, their parameters, defaults and sources',
  examples: [
    'plume perturbations',
    'plume perturbations sppt',
    'plume perturbations --json',
    'plume forecast … --perturb sppt-gfs:surface=1 --perturb balanced:amplitude=0.2',
  ],
  options: [],
  run: async ({ operands: [name], json }) => {
    const chosen = name === undefined ? undefined : findPreset(name);
    if (name !== undefined && chosen === undefined) {
      throw usageError(
        `there is no perturbation "${name}"; there are ${perturbationKinds.join(', ')}, and the presets ` +
          presets.map((preset) => preset.name).join(', '),
      );
    }
    if (!json) process.stdout.write(chosen === undefined ? overview() : details(chosen));
    const kinds = chosen === undefined ? perturbationKinds : [chosen.kind];
    return {
      schemes: kinds.map(schemeRecord),
      presets: presets.filter(({ kind }) => kinds.includes(kind)),
    };
  },
};

function schemeRecord(kind: PerturbationKind) {
  const { at, summary, parameters, advice } = schemes[kind];
  return {
    ...{ kind, at, summary },
    ...(advice === undefined ? {} : { advice }),
    default: findPreset(kind)?.name,
    parameters: parameters.map(({ name, meaning, type }) => ({
      name: flagOf(name),
      meaning,
      expected: type.words,
    })),
  };
}

const width = 20;

function overview(): string {
  const kindsAt = (at: Scheme['at']): string[] =>
    perturbationKinds.filter((kind) => schemes[kind].at === at).flatMap((kind) => schemeLines(kind));
  return [
    'At the start, each member its own (amplitude: share of climatological spread)',
    ...kindsAt('start'),
    'At every step',
    ...kindsAt('step'),
    'Other presets',
    ...presets
      .filter((preset) => findPreset(preset.kind) !== preset)
      .map((preset) => `  ${preset.name.padEnd(width)} ${preset.source}`),
    'Given as --perturb NAME:KEY=VALUE,KEY=VALUE, in the order in which they are applied; more: plume perturbations NAME',
    '',
  ].join('\n');
}

function schemeLines(kind: PerturbationKind): string[] {
  const preset = findPreset(kind);
  const written = Object.entries(preset?.values ?? {}).map(
    ([name, value]) => `${flagOf(name)}=${formatValue(value)}`,
  );
  const called = preset === undefined || preset.name === kind ? '' : `${preset.name}: `;
  return [
    `  ${kind.padEnd(width)} ${schemes[kind].summary}`,
    `  ${' '.repeat(width)} ${written.join(',')}`,
    `  ${' '.repeat(width)} (${called}${preset?.source})`,
  ];
}

/** @param chosen its values are shown as the defaults */
function details({ kind, name, values, source }: Preset): string {
  const { at, summary, parameters, advice } = schemes[kind];
  const fitted = parameters.some((one) => /lengthKm$/i.test(one.name) && values[one.name] !== undefined);
  const shown = (value: ParameterValue | undefined): string =>
    value === undefined ? 'by the model' : formatValue(value);
  const rows = parameters.map((one) => [
    flagOf(one.name),
    one.name === 'errors' ? 'FILE' : shown(values[one.name]),
    one.meaning,
  ]);
  const widthOf = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return [
    `${name}: ${summary}`,
    `applied ${at === 'start' ? 'to the states that members start from' : 'to every step'}; numbers: ${source}`,
    ...rows.map(
      ([flag = '', value = '', meaning = '']) =>
        `  ${flag.padEnd(widthOf(0))}  ${value.padEnd(widthOf(1))}  ${meaning}`,
    ),
    ...(advice === undefined ? [] : [`note: ${advice}`]),
    ...(fitted
      ? [
          'note: lengths below the distance between points of the grid are drawn at that distance; one that is given is refused',
        ]
      : []),
    ...presets
      .filter((preset) => preset.kind === kind && preset.name !== name)
      .map((preset) => `see also ${preset.name}: ${preset.source}`),
    '',
  ].join('\n');
}

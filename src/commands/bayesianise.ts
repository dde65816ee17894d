/** plume bayesianise: any ONNX model with a posterior over chosen weights, fitted on an archive. */
import { usageError } from '../../core/errors.js';
import { parseDuration } from '../../core/time.js';
import { parseChannelOrder } from '../../models/imported/binding.js';
import { type Layer, listLayers } from '../../models/imported/layers.js';
import { readOnnxFile } from '../../models/imported/onnxFile.js';
import { resolveDevice } from '../../models/onnx/devices.js';
import { openArchiveOption } from '../archiveOption.js';
import { type BayesianiseSummary, bayesianise } from '../bayesianise/bayesianise.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import { periodsOf } from '../periodsOption.js';

export const bayesianiseOptions = [
  'archive',
  'variables',
  'unit',
  'layers',
  'list',
  'out',
  'train',
  'validate',
  'fit',
  'scale',
  'members',
  'lead',
  'modelStep',
  'inputOrder',
  'normalised',
  'output',
  'trials',
  'fitSteps',
  'beta',
  'seed',
  'device',
  'checkpoint',
] as const;
export type BayesianiseOptionName = (typeof bayesianiseOptions)[number];
type Context = CommandContext<BayesianiseOptionName>;

export const bayesianiseCommand: CommandDefinition<BayesianiseOptionName> = {
  name: 'bayesianise',
  operands: '<model.onnx>',
  summary: 'give any ONNX model a posterior over its weights, fitted on an archive; resumes where it stopped',
  examples: [
    'plume bayesianise net.onnx --list',
    "plume bayesianise net.onnx --layers '*.weight' --archive slp.nc --out bayesian",
    "plume bayesianise net.onnx --layers 'head.*' --archive era5.nc --input-order z500,t850,msl --normalised stats.json --out bayesian",
    "plume bayesianise pangu_weather_24.onnx --layers '*' --archive era5.zarr --model-step 24h --fit scales \\\n" +
      '    --input-order input=z,q,t,u,v@1000,925,850,700,600,500,400,300,250,200,150,100,50 input_surface=msl,u10,v10,t2m --out pangu',
    'plume forecast --archive slp.nc --model bayesian --starts 2007-01-01 --members 20x1 --out runs/bayesian',
  ],
  options: bayesianiseOptions,
  run: async (context) => (context.options.list ? listed(context) : fitted(context)),
};

/** Weight samples that a fit judges ensembles of. */
const defaultMembers = 8;
const defaultScale = 0.05;

async function listed({ operands, json }: Context): Promise<unknown> {
  const file = readOnnxFile(pathOf(operands));
  const layers = listLayers(file);
  if (!json) process.stdout.write(layerTable(layers));
  return {
    producer: file.producer,
    operator_set: file.operatorSets.get('') ?? null,
    inputs: file.inputs.map(({ name, shape }) => ({ name, shape })),
    outputs: file.outputs.map(({ name, shape }) => ({ name, shape })),
    layers,
  };
}

function layerTable(layers: readonly Layer[]): string {
  const rows = layers.map(({ name, shape, rms, users }) => [
    name,
    shape.join(' × '),
    rms.toPrecision(3),
    users.join(', '),
  ]);
  const all = [['layer', 'shape', 'rms', 'used by'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

async function fitted({ options, operands, report, signal, json }: Context): Promise<BayesianiseSummary> {
  const path = pathOf(operands);
  const { out: directory, layers } = options;
  if (layers === undefined) {
    throw usageError(
      `no layers: give --layers PATTERN, such as '*.weight'; plume bayesianise ${path} --list shows them`,
    );
  }
  if (directory === undefined) throw usageError('no directory for the model: give --out DIR');
  const members = Number(options.members?.replace(/x1$/, '') ?? defaultMembers);
  if (!Number.isInteger(members) || members < 2) {
    throw usageError(
      `--members ${options.members}: a fit judges ensembles of two or more weight samples and no noise; give a whole number such as 8`,
    );
  }
  const source = await openArchiveOption(options);
  try {
    const periods = periodsOf(options, source.archive.times);
    const device = await resolveDevice(options.device);
    report.line(`device     ${device.device}: ${device.why}`);
    const summary = await bayesianise({
      ...{ path, layers, source, periods, directory, members, device, report, signal },
      fit: options.fit,
      scale: options.scale ?? defaultScale,
      leadHours: parseDuration(options.lead) / 3_600_000,
      stepHours: options.modelStep === undefined ? undefined : parseDuration(options.modelStep) / 3_600_000,
      orders: options.inputOrder.map(parseChannelOrder),
      normalised: options.normalised,
      output: options.output,
      trials: options.trials,
      fitSteps: options.fitSteps,
      beta: options.beta,
      seed: options.seed,
      checkpointSeconds: options.checkpoint,
    });
    if (!json && !report.quiet) process.stdout.write(`model in ${summary.directory}\n`);
    return summary;
  } finally {
    await source.archive.close();
  }
}

function pathOf([path, ...others]: readonly string[]): string {
  if (path === undefined || others.length > 0)
    throw usageError('give one ONNX file: plume bayesianise model.onnx');
  return path;
}

/**
 * Makes docs/results.md: trains the standard model on the daily North Atlantic sea-level pressure, forecasts 2007
 * with 48 members from weekly starts and from every day, verifies, and writes the tables. Every step is a command
 * of plume run as its own process, so time and memory are those a user sees. What is there already is kept: the
 * model with the record of its training, and finished runs.
 *
 *   npm run results [-- ARCHIVE]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { differencePrefix, type ScoreRow, verdictOf } from '../evaluation/scoreRow.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const plume = fileURLToPath(new URL('../src/plume.js', import.meta.url));
const archive = process.argv[2] ?? resolve(root, '../shared/data/ncep-slp-natl/slp.daily.2001-2007.nc');
/** Relative to the project, so that reports name what a reader finds. */
const work = join('runs', 'results');
const model = join(work, 'model');

/** Fair CRPS in Pa of a plain convolutional network trained for each lead with a Gaussian head, measured elsewhere. */
const convolutionalNetwork: Readonly<Record<number, number>> = { 24: 194, 48: 347, 72: 408 };

interface TrainRecord {
  readonly seconds: number;
  readonly teraflops: number;
  readonly gigaflopsPerSecond: number;
  readonly parameters: number;
  readonly peakMemoryBytes: number;
  readonly calibration: {
    readonly relaxation: number;
    readonly noise: number;
    readonly fairCrps: readonly number[];
    readonly spreadSkillRatio: readonly number[];
  };
}

interface ForecastRecord {
  readonly wallSeconds: number;
  readonly peakMemoryBytes: number;
  readonly madeMembers: number;
}

interface Part {
  readonly title: string;
  readonly starts: string;
  readonly directory: string;
  readonly forecast: ForecastRecord;
  readonly rows: readonly ScoreRow[];
}

function run(args: readonly string[]): unknown {
  process.stderr.write(`$ plume ${args.join(' ')}\n`);
  const result = spawnSync(process.execPath, [plume, ...args, '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
  return JSON.parse(result.stdout);
}

/** Runs a step once and keeps its record beside what it made. */
function once<Record>(file: string, make: () => Record): Record {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Record;
  const record = make();
  writeFileSync(file, `${JSON.stringify(record, null, 1)}\n`);
  return record;
}

function part(title: string, name: string, starts: string): Part {
  const directory = join(work, name);
  const forecast = once(join(work, `${name}.json`), () => {
    const began = performance.now();
    const made = run([
      'forecast',
      ...['--archive', archive, '--model', model, '--starts', starts, '--out', directory, '--device', 'cpu'],
    ]) as Omit<ForecastRecord, 'wallSeconds'>;
    return { ...made, wallSeconds: (performance.now() - began) / 1000 };
  });
  const { rows } = run(['verify', directory, '--archive', archive]) as { rows: ScoreRow[] };
  run(['report', directory]);
  return { title, starts, directory, forecast, rows };
}

function table({ rows }: Part): string {
  const leads = [...new Set(rows.map((row) => row.lead_hours))].sort((a, b) => a - b);
  const find = (who: string, metric: string, lead: number): ScoreRow | undefined =>
    rows.find((row) => row.model === who && row.metric === metric && row.lead_hours === lead);
  const line = (name: string, cell: (lead: number) => string): string =>
    `| ${name} | ${leads.map(cell).join(' | ')} |`;
  const value = (who: string, metric: string, digits: number) => (lead: number) =>
    find(who, metric, lead)?.value.toFixed(digits) ?? '–';
  const references = [...new Set(rows.filter((row) => row.metric === 'crps').map((row) => row.model))].filter(
    (who) => who !== 'ensemble',
  );
  const difference = (reference: string) => (lead: number) => {
    const row = find('ensemble', `${differencePrefix}${reference}`, lead);
    if (row === undefined) return '–';
    return `${row.value.toFixed(1)} [${row.ci_low.toFixed(1)}, ${row.ci_high.toFixed(1)}] ${verdictOf(row)}`;
  };
  const share = (lead: number): string => {
    const [epistemic, aleatoric] = ['epistemic_variance', 'aleatoric_variance'].map(
      (metric) => find('ensemble', metric, lead)?.value ?? Number.NaN,
    ) as [number, number];
    return `${((100 * epistemic) / (epistemic + aleatoric)).toFixed(1)} %`;
  };
  return [
    line('', (lead) => `day ${lead / 24}`),
    `|---|${leads.map(() => '---').join('|')}|`,
    line('**fair CRPS, ensemble (Pa)**', (lead) => `**${value('ensemble', 'crps', 1)(lead)}**`),
    ...references.map((who) => line(`CRPS, ${who}`, value(who, 'crps', 1))),
    line('CRPS, convolutional network (quoted)', (lead) => convolutionalNetwork[lead]?.toFixed(0) ?? '–'),
    ...references
      .filter((who) => who !== 'persistence')
      .map((who) => line(`difference to ${who} [95 %]`, difference(who))),
    line('RMSE of the mean (Pa)', value('ensemble', 'rmse', 0)),
    line('spread (Pa)', value('ensemble', 'spread', 0)),
    line('spread–skill ratio', value('ensemble', 'spread_skill_ratio', 3)),
    line('epistemic share of the variance', share),
    line('starts', (lead) => String(find('ensemble', 'crps', lead)?.n ?? '–')),
  ].join('\n');
}

function findings(parts: readonly Part[]): string {
  const all = parts.flatMap(({ title, rows }) => rows.map((row) => ({ title, ...row })));
  const ratios = all.filter((row) => row.model === 'ensemble' && row.metric === 'spread_skill_ratio');
  const outside = ratios.filter(({ value }) => value < 0.9 || value > 1.1);
  const day = ({ title, lead_hours }: { title: string; lead_hours: number }): string =>
    `day ${lead_hours / 24} (${title})`;
  const verdicts = ['climatology', 'eof-regression'].map((reference) => {
    const rows = all.filter((row) => row.metric === `${differencePrefix}${reference}`);
    const named = (verdict: string) => rows.filter((row) => verdictOf(row) === verdict);
    const above = rows.filter((row) => row.value > 0);
    return (
      `- Against ${reference}: better at ${named('better').length} of ${rows.length} leads, ` +
      `no evidence at ${named('no evidence').map(day).join(', ') || 'none'}, worse at ` +
      `${named('worse').map(day).join(', ') || 'none'}; above it in value at ${above.map(day).join(', ') || 'none'}.`
    );
  });
  const network = all
    .filter((row) => row.model === 'ensemble' && row.metric === 'crps')
    .filter((row) => row.title.startsWith('every') && convolutionalNetwork[row.lead_hours] !== undefined)
    .map((row) => {
      const quoted = convolutionalNetwork[row.lead_hours] ?? Number.NaN;
      return `day ${row.lead_hours / 24} ${row.value.toFixed(1)} against ${quoted} (${row.value <= quoted ? 'reached' : 'missed'})`;
    });
  return [
    ...verdicts,
    `- Spread–skill ratio within 0.9–1.1 at ${ratios.length - outside.length} of ${ratios.length} leads` +
      `${outside.length === 0 ? '' : `; outside at ${outside.map((row) => `${day(row)}: ${row.value.toFixed(3)}`).join(', ')}`}.`,
    `- Goal, the quoted convolutional network over all days: ${network.join('; ')}.`,
  ].join('\n');
}

function document(training: TrainRecord, parts: readonly Part[]): string {
  const { calibration } = training;
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  const commands = parts
    .map(
      ({ title, starts, forecast }) =>
        `| ${title} | \`plume forecast --archive FILE --model runs/results/model --starts ${starts} --out …\` | ` +
        `${forecast.wallSeconds.toFixed(0)} s, ${megabytes(forecast.peakMemoryBytes)} peak |`,
    )
    .join('\n');
  return `# Results

Daily mean sea-level pressure of the North Atlantic and Europe (NCEP/NCAR reanalysis, 17 × 33 points, 2.5°).
Trained on 2001–2005, validated on 2006, tested on 2007; 48 members, 8 weight samples × 6 noise streams.
Made by \`npm run results\`, which runs the commands below; differences carry 95 % intervals of a paired block bootstrap over
start dates. The references learn from 2001–2005 alone; regression and climatology are tuned inside those years.

| what | command | measured |
|---|---|---|
| training, all stages | \`plume train --archive FILE --out runs/results/model --device cpu\` | ${(training.seconds / 60).toFixed(1)} min, ${megabytes(training.peakMemoryBytes)} peak, ${training.teraflops.toFixed(1)} TFLOP at ${training.gigaflopsPerSecond.toFixed(0)} GFLOP/s |
${commands}
| verification | \`plume verify RUN --archive FILE\` | the tables below |
| report | \`plume report RUN\` | report.html |

Machine: ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}. GFLOP/s count matrix products and convolutions, forward and backward.
${training.parameters.toLocaleString('en')} weights in each network of the posterior's mixture.

What was chosen where: weights on 2001–2005; every setting of the recipe, the noise scale and the relaxation on 2006. Scores
of earlier candidates on 2007 were seen while this one was made (a single network: 212, 339, 386 and 206, 344, 407 Pa at
days 1–3, weekly and every day; the same mixture without relaxation: 212, 341, 386 and 203, 341, 405 Pa, worse than the
regression at day 7 and with a spread–skill ratio of 0.88 at day 2). That is why a relaxation was tried at all; its value and
the noise scale were then found on 2006 alone. The table is one draw of weights and one test year.

## Shown by tests

| property | command |
|---|---|
| a member is the same to the bit for any workers, batch and number of members | \`npx vitest run test/endToEnd/memberPurity.test.ts\` |
| and after \`kill -9\` at several moments and resume; trainings too | \`npx vitest run test/endToEnd/interruption.test.ts\` |
| memory does not grow with starts or leads (above: 52 and 358 starts) | \`npx vitest run test/endToEnd/memory.test.ts\` |
| bad input: plain errors, exit codes, nothing half-written | \`npx vitest run test/endToEnd/badInput.test.ts test/endToEnd/fileSystems.test.ts\` |
| WebGPU agrees with the CPU to 1e-3 | \`npx vitest run test/endToEnd/webgpu.test.ts test/models/onnxWebgpu.test.ts\` |
| training step beside PyTorch in one run | \`PLUME_PYTHON=python3 npm run bench -- graph\`, in bench/results |

## What holds

${findings(parts)}

${parts.map((each) => `## 2007, ${each.title}\n\n${table(each)}`).join('\n\n')}

## Calibration on 2006

The noise is scaled by ${calibration.noise.toFixed(3)}, which makes spread match error on 2006 on the geometric mean over leads, and
${(100 * calibration.relaxation).toFixed(1)} % of the anomaly is given up each day, the share with the lowest mean log CRPS on 2006. There, fair CRPS by day is ${calibration.fairCrps.map((x) => x.toFixed(0)).join(', ')} Pa and the spread–skill ratio
${calibration.spreadSkillRatio.map((x) => x.toFixed(2)).join(', ')}.
`;
}

process.chdir(root);
mkdirSync(work, { recursive: true });
const training = once(join(work, 'train.json'), () =>
  run(['train', '--archive', archive, '--out', model, '--device', 'cpu']),
) as TrainRecord;
const parts = [
  part('weekly starts', 'weekly', '2007-01-01/2007-12-24/P7D'),
  part('every day', 'daily', '2007-01-01/2007-12-24/P1D'),
];
mkdirSync(join(root, 'docs'), { recursive: true });
const output = join(root, 'docs', 'results.md');
writeFileSync(output, document(training, parts));
process.stderr.write(`wrote ${output}\n`);

/**
 * Makes docs/results.md: for every source of an ensemble's spread an arm, on two series split in time (evidence/); every
 * perturbation of members with the network and with the dycore (evidence/perturbations/); reliability of the probabilities of
 * events and of strikes by lows (evidence/events/); and the gallery of what each perturbation looks like. What is there already is kept: trainings, forecasts and scores with their records under runs/results.
 *
 *   npm run results [-- slp nature perturbations events gallery] [--slp FILE] [--nature FILE] [--atmosphere FILE] [--quick]
 *
 * --quick is for perturbations, events and gallery alone: a few small forecasts, written beside them and not into docs.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { usageError } from '../core/errors.js';
import { type MadeSections, resultsDocument, seriesSection } from './evidence/document.js';
import { eventsSection, eventsTitle, figureName, panelsOf } from './evidence/events/document.js';
import { gatherEvents } from './evidence/events/gather.js';
import { reliabilityFigure } from './evidence/events/reliabilityFigure.js';
import { eventStudyOf } from './evidence/events/study.js';
import { gather } from './evidence/gather.js';
import { perturbationsSection, perturbationsTitle } from './evidence/perturbations/document.js';
import { drawGallery } from './evidence/perturbations/gallery.js';
import { gatherPerturbations } from './evidence/perturbations/gather.js';
import { spectraFigure } from './evidence/perturbations/spectraFigure.js';
import { type Study, studyOf } from './evidence/perturbations/study.js';
import { root } from './evidence/plumeCommand.js';
import { type SeriesName, seriesNamed } from './evidence/series.js';

const seriesNames: readonly SeriesName[] = ['slp', 'nature'];
const names: readonly string[] = [...seriesNames, 'perturbations', 'events', 'gallery'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    slp: { type: 'string' },
    nature: { type: 'string' },
    atmosphere: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const unknown = positionals.find((name) => !names.includes(name));
if (unknown !== undefined) throw usageError(`results: "${unknown}" is none of ${names.join(', ')}`);
const wanted = positionals.length > 0 ? positionals : names;

process.chdir(root);
const study = studyOf({ atmosphere: values.atmosphere, quick: values.quick });
const asked = eventStudyOf({ atmosphere: values.atmosphere, slp: values.slp, quick: values.quick });
const besideRuns = wanted.every((name) => name === 'events') ? asked.work : study.work;
const docs = values.quick ? besideRuns : 'docs';
const write = (path: string, text: string): void => {
  const file = join(docs, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  process.stderr.write(`wrote ${file}\n`);
};

const made = { series: new Map<string, string>(), others: new Map<string, string>() } satisfies MadeSections;
const machine = { cores: cpus().length, processor: cpus()[0]?.model ?? 'unknown' };
for (const name of seriesNames.filter((each) => wanted.includes(each))) {
  const evidence = await gather(seriesNamed(name, values[name]));
  made.series.set(evidence.series.title, seriesSection(evidence, machine));
}
if (wanted.includes('perturbations')) made.others.set(perturbationsTitle, await perturbations(study));
if (wanted.includes('events')) made.others.set(eventsTitle, await events());
if (made.series.size + made.others.size > 0) {
  const path = join(docs, 'results.md');
  write('results.md', resultsDocument(made, existsSync(path) ? readFileSync(path, 'utf8') : ''));
}
if (wanted.includes('gallery')) {
  for (const [name, svg] of await drawGallery(study)) write(join('perturbations', `${name}.svg`), svg);
}

async function perturbations(of: Study): Promise<string> {
  const evidence = await gatherPerturbations(of);
  for (const each of evidence.models) {
    write(join('figures', `perturbation-spectra-${each.model.name}.svg`), spectraFigure(each, of.spectral));
  }
  return perturbationsSection(evidence);
}

async function events(): Promise<string> {
  const evidence = await gatherEvents(asked);
  for (const each of evidence.series) {
    write(join('figures', `${figureName(each)}.svg`), reliabilityFigure(panelsOf(each)));
  }
  return eventsSection(evidence);
}

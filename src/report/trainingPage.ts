/**
 * The page of a training, finished or under way: what came of it in a sentence, the curves of every stage, what was
 * chosen and why, the posterior's widths, the periods, the recipe and the cost, with the data behind every figure.
 */
import { basename } from 'node:path';
import type { TrainingAccount } from '../training/trainingAccount.js';
import { calibrationFigures } from './calibrationTrials.js';
import { escapeHtml } from './html.js';
import { factList, page } from './page.js';
import { periodFigure } from './periodStrip.js';
import { widthFigure } from './posteriorWidths.js';
import { stageFigures } from './trainingCurves.js';
import { drawnStages, stageTitle } from './trainingLook.js';
import { trainingSentence } from './trainingSentence.js';
import { costText, recipeTable, stageTable } from './trainingTables.js';
import { longName } from './variableNames.js';
import { wordList } from './wordList.js';

/** @param name of the directory, as the reader calls it */
export function trainingPage(account: TrainingAccount, name: string): string {
  const { channels, plume, training } = account;
  const [only] = channels;
  const what = channels.length === 1 && only !== undefined ? longName(only) : `${channels.length} variables`;
  const stages = drawnStages(account);
  const curves = stages
    .map((stage) => `<h2>${escapeHtml(stageTitle(stage.name))}</h2>${stageFigures(account, stage)}`)
    .join('');
  const calibration = calibrationFigures(account);
  const widths = widthFigure(account);
  const body =
    `<p class="key">${escapeHtml(trainingSentence(account, stages))}</p>` +
    factList(facts(account)) +
    `<h2>Data</h2>${periodFigure(account)}` +
    curves +
    (calibration === '' ? '' : `<h2>What was chosen on the validation period</h2>${calibration}`) +
    (widths === '' ? '' : `<h2>Posterior</h2><div class="charts">${widths}</div>`) +
    `<h2>Steps, time and recipe</h2>${stages.length === 0 ? '' : stageTable(account, stages)}` +
    backendText(account) +
    recipeTable(account) +
    configuration(account);
  const over = `Plume${plume === '' ? '' : ` ${plume}`} · ${name}`;
  const title = `${account.state === 'finished' ? 'Training' : 'Training under way'}: ${what}, preset ${training.preset}`;
  return page(
    over,
    title,
    `${body}${wordList(body)}<footer>Made by plume train; plume report ${escapeHtml(name)} draws it anew, also while the training runs.</footer>`,
  );
}

function facts(account: TrainingAccount): [string, string][] {
  const { training, components, network, channels, grid, step_hours, backend, archive, chosen } = account;
  const { record } = training;
  const weights = record.parameters === undefined ? '' : `${record.parameters.toLocaleString('en')} weights`;
  const cost = costText(account);
  const entries: [string, string | null][] = [
    [
      'Network',
      [network.kind, weights, components > 1 ? `${components} from different starts` : '']
        .filter((text) => text !== '')
        .join(', '),
    ],
    ['Posterior', record.posterior ?? null],
    ['Archive', archive === null ? null : basename(archive.name.replace(/^archive "(.*)"$/, '$1'))],
    ['Channels', channels.map(({ variable, level }) => `${variable}${level ?? ''}`).join(', ')],
    ['Grid', grid],
    ['Step', `${step_hours} h`],
    ['Seed', String(training.seed)],
    ['Backend', backend?.backend ?? record.backend ?? null],
    [
      'Noise, relaxation',
      chosen === null ? null : `× ${Number(chosen.noise.toPrecision(3))}, ${chosen.relaxation}`,
    ],
    ['Time, memory', cost],
  ];
  return entries.filter((entry): entry is [string, string] => entry[1] !== null);
}

/** Where it ran, and why there. */
function backendText({ backend }: TrainingAccount): string {
  if (backend === null) return '';
  const { asked, backend: used, why } = backend;
  const choice = asked === used ? 'as asked' : `chosen by --backend ${asked}`;
  return `<p class="note">Steps ran on <b>${escapeHtml(used)}</b>, ${escapeHtml(choice)}: ${escapeHtml(why)}.</p>`;
}

/** Everything that the tables leave out. */
function configuration({ network, training: { record } }: TrainingAccount): string {
  const { losses: _l, validations: _v, widths: _w, calibration_trials: _c, ...rest } = record;
  const json = JSON.stringify({ network, record: rest }, null, 2);
  return `<details><summary>Network and record in full</summary><pre>${escapeHtml(json)}</pre></details>`;
}

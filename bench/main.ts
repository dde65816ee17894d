/**
 * npm run bench [-- NAME … --quick]: measures, as ratios against a peer or a limit in the same run where there is one.
 *   graph       a training step in ONNX Runtime, beside PyTorch (PLUME_PYTHON) on the same network
 *   regional    the same for the network of the standard recipe, as training runs it
 *   transformer the same for a small Earth-specific transformer
 *   forecast    a step of the standard network on one core, and the share of its noise
 *   members     what a member costs with weights of its own, against the deterministic network's, and drawing them
 *   evaluation  fair CRPS of large fields beside numpy, scoringrules and properscoring, against one read of the same bytes
 *   scorecard   every score of 50 members at ten leads from a run directory, against one read of its file
 *   transform   the spherical-harmonic transform by truncation, against one read of the same bytes
 *   perturbations  noise of every kind a member's step, and its share of a model's step, on three grids
 *   query       events asked of a stored run of 1.9 GB, at one place and at a thousand, beside xarray, polars and DuckDB
 *   dycore      days a second by resolution, the share of transforms, and the network's member-days
 * Times are the fastest of several tries: other work on the machine only ever adds.
 */
import { usageError } from '../core/errors.js';
import { benchDycore } from './dycore.js';
import { benchEvaluation } from './evaluation.js';
import { benchForecast } from './forecast.js';
import { benchGraph } from './graph.js';
import { benchMembers } from './members.js';
import { benchPerturbations } from './perturbations.js';
import { benchQuery } from './query.js';
import { benchRegional } from './regional.js';
import { benchScorecard } from './scorecard.js';
import { benchTransform } from './transform.js';
import { benchTransformer } from './transformer.js';

const benches: Readonly<Record<string, (options: { readonly quick: boolean }) => Promise<unknown>>> = {
  graph: () => benchGraph(),
  regional: () => benchRegional(),
  transformer: () => benchTransformer(),
  forecast: benchForecast,
  members: benchMembers,
  evaluation: benchEvaluation,
  scorecard: benchScorecard,
  transform: benchTransform,
  perturbations: benchPerturbations,
  query: benchQuery,
  dycore: benchDycore,
};

/** Smaller, where a bench can be: to see that it runs. */
const quick = process.argv.includes('--quick');
const names = process.argv.slice(2).filter((word) => word !== '--quick');
for (const name of names.length > 0 ? names : Object.keys(benches)) {
  const bench = benches[name];
  if (bench === undefined) throw usageError(`bench "${name}" is none of ${Object.keys(benches).join(', ')}`);
  process.stdout.write(`${name}\n`);
  await bench({ quick });
}

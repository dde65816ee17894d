/** Spectra at the start itself: how far members lie apart there, beside the error of the analyses. */
import { channelName } from '../../../core/schema.js';
import { parseTimeRange } from '../../../core/time.js';
import { parseDesign } from '../../../ensembles/design.js';
import type { ChosenArm } from './arms.js';
import type { ErrorSpectrum } from './errorSpectra.js';
import { createHarmonicSpectra, emptySums } from './harmonicSpectra.js';
import { openForecasts } from './startStates.js';
import type { StudiedModel, Study } from './study.js';

/** Nothing where the arm's members all start from the analysis. */
export async function startSpectra(
  study: Study,
  model: StudiedModel,
  { arm, chosen }: ChosenArm,
): Promise<ErrorSpectrum[]> {
  if (arm.kind !== 'start') return [];
  const starts = parseTimeRange(study.testStarts);
  const forecasts = await openForecasts(study, model, arm, chosen.perturb, starts[0] ?? 0);
  try {
    const { grid, channels } = forecasts.schema;
    const names = channels.map(channelName);
    const points = grid.latitudes.length * grid.longitudes.length;
    const streams = parseDesign(arm.members).noiseStreams;
    const spectra = createHarmonicSpectra(grid);
    const sums = study.spectral.map(() => emptySums(spectra.degree));
    const members = new Float32Array(streams * points);
    for (const start of starts) {
      const states = await forecasts.startStates(start, streams);
      const truth = await forecasts.truth(start);
      for (const [i, name] of study.spectral.entries()) {
        const channel = names.indexOf(name);
        for (let stream = 0; stream < streams; stream++) {
          const from = (stream * channels.length + channel) * points;
          members.set(states.subarray(from, from + points), stream * points);
        }
        const from = channel * points;
        spectra.add(members, truth.subarray(from, from + points), sums[i]!);
      }
    }
    return study.spectral.map((channel, i) => ({
      ...{ channel, day: 0 },
      spread: sums[i]!.spread.map((sum) => sum / starts.length),
      error: sums[i]!.error.map((sum) => sum / starts.length),
    }));
  } finally {
    await forecasts.close();
  }
}

/** Our own tracks.arrow, as plume tracks writes it: each storm a forecast, and the tracks of no storm together. */
import type { EnsembleTracks, Storm, Track } from '../track.js';
import { readTracksTable } from '../tracksTable.js';
import type { StormForecast } from './trackFile.js';
import type { TrackFormat } from './trackFormat.js';

export const plumeTracks: TrackFormat = {
  name: 'plume',
  summary: 'tracks.arrow of plume tracks',
  recognises: ({ bytes }) => Buffer.from(bytes.subarray(0, 6)).toString('latin1') === 'ARROW1',
  async read({ path }) {
    const { ensembles, storms } = await readTracksTable(path);
    const forecasts = ensembles.flatMap((ensemble) => {
      const own = storms.filter(({ start }) => start === ensemble.start);
      return [...own.map((storm) => ofStorm(storm, ensemble)), ...ofNoStorm(own, ensemble)];
    });
    return { kind: 'forecast', wind: '10-m wind of a model', notes: [], forecasts };
  },
};

function ofStorm({ id, name, tracks }: Storm, { start, members }: EnsembleTracks): StormForecast {
  const trackOf = new Map(tracks.map(({ member, track }) => [member, track]));
  const ensemble = {
    start,
    members: members.map((one) => {
      const track = trackOf.get(one.member);
      return { ...one, tracks: track === undefined ? [] : [{ ...track, id }] };
    }),
  };
  return { storm: id, name, ensemble, labels: new Map() };
}

/** None where every track belongs to a storm, unless there is no storm at all. */
function ofNoStorm(storms: readonly Storm[], { start, members }: EnsembleTracks): StormForecast[] {
  const taken = new Set<Track>(storms.flatMap(({ tracks }) => tracks.map(({ track }) => track)));
  const left = members.map((one) => ({ ...one, tracks: one.tracks.filter((track) => !taken.has(track)) }));
  if (storms.length > 0 && left.every(({ tracks }) => tracks.length === 0)) return [];
  return [{ storm: null, name: null, ensemble: { start, members: left }, labels: new Map() }];
}

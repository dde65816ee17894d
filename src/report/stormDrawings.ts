/** The four drawings of a storm: tracks of its members, strike probability, cone, intensity. On one frame, so that they compare. */
import { meanTrack } from '../../evaluation/cyclones/products/meanTrack.js';
import type { Storm } from '../../evaluation/cyclones/track.js';
import { colourBar } from './colourScale.js';
import { coneMap } from './coneMap.js';
import { escapeHtml } from './html.js';
import { intensityPlume, plumeSize } from './intensityPlume.js';
import { type IntensityScale, intensityScale } from './intensityScale.js';
import { stormName } from './stormWords.js';
import { strikeMap, strikeScale } from './strikeMap.js';
import { trackFrame } from './trackFrame.js';
import { trackSpaghetti } from './trackSpaghetti.js';

export interface DrawingOptions {
  readonly stepHours: number;
  /** Of strikes. */
  readonly radiusKm: number;
  /** Whether the world has land. */
  readonly coast: boolean;
}

export interface Drawing {
  readonly kind: 'tracks' | 'strike' | 'cone' | 'intensity' | 'activity' | 'density';
  readonly title: string;
  /** How to read it, plain text. */
  readonly text: string;
  readonly svg: string;
  /** Colour bar, '' where there is none. */
  readonly bar: string;
  readonly width: number;
  readonly height: number;
}

const width = 520;

/** @param storm with two fixes at least */
export function stormDrawings(storm: Storm, { stepHours, radiusKm, coast }: DrawingOptions): Drawing[] {
  const places = storm.tracks.flatMap(({ track }) =>
    track.fixes.filter(({ latitude }) => !Number.isNaN(latitude)),
  );
  const frame = trackFrame(places, width, coast);
  const scale = intensityScale([storm]);
  const mean = meanTrack(storm, { stepHours });
  const name = escapeHtml(stormName(storm));
  const size = { width, height: frame.height };
  const share = `${storm.tracks.length} of ${storm.members} members`;
  const drawings: Drawing[] = [
    {
      kind: 'tracks',
      title: 'Tracks of the members',
      text: `${share} have it. ${intensityWords(scale)}; black: their mean`,
      svg: trackSpaghetti(frame, [storm], scale, `tracks of ${name}`, mean),
      bar: colourBar(scale.scale, scale.unit, scale.what),
      ...size,
    },
    {
      kind: 'strike',
      title: `Probability of passing within ${radiusKm} km`,
      text: `share of all ${storm.members} members, at any time of the forecast`,
      svg: strikeMap(frame, storm, radiusKm, `strike probability of ${name}`, mean),
      bar: colourBar(strikeScale, '%', 'strike probability'),
      ...size,
    },
    {
      kind: 'cone',
      title: 'Mean track and cone',
      text: 'the cone holds two thirds of the members that have it; numbers: days from the start',
      svg: coneMap(frame, storm, `cone of ${name}`),
      bar: '',
      ...size,
    },
  ];
  const plume = intensityPlume(storm, scale.what, stepHours, `${scale.what} of ${name} by lead`);
  if (plume !== '') {
    drawings.push({
      kind: 'intensity',
      title: scale.what === 'wind' ? 'Strongest wind' : 'Lowest pressure',
      text: 'every member, their median, and the band of four in five',
      svg: plume,
      bar: '',
      ...plumeSize,
    });
  }
  return drawings;
}

export function intensityWords({ what }: IntensityScale): string {
  return what === 'wind'
    ? 'Colour: wind; 17: storm, from 33 on hurricanes 1 to 5'
    : 'Colour: pressure at the centre';
}

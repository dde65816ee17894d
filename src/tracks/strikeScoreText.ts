/** Reliability of strike probability on a screen: two lines. */
import { percent } from '../report/diagramFrame.js';
import type { StrikeScores, StrikeVerification } from './verifyStrikes.js';

export function strikeScoreText({
  radiusKm,
  points,
  anyCyclone,
  bestTrackStorms,
}: StrikeVerification): string {
  return [
    `probability of a strike within ${radiusKm} km at any time, at ${points} points by their area:`,
    `  any cyclone               ${scoreText(anyCyclone)}`,
    `  storms of the best tracks ${scoreText(bestTrackStorms)}`,
  ].join('\n');
}

function scoreText({ brier, share, skill, classes }: StrikeScores): string {
  if (skill === null)
    return `Brier score ${brier.toPrecision(3)}; ${share === 0 ? 'nothing' : 'everything'} was struck`;
  const reference = share * (1 - share);
  const sure = classes.find(({ forecast }) => forecast >= 0.45 && forecast < 0.55);
  return (
    `Brier score ${brier.toPrecision(3)}, of the share struck (${percent(share)}) alone ${reference.toPrecision(3)}: ` +
    `skill ${skill.toFixed(2).replace('-', '−')}${sure ? `; where about half was said, ${percent(sure.observed)} was struck` : ''}`
  );
}

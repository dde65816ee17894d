/** What the words of a page mean: only those that the page uses. */
import { escapeHtml } from './html.js';

interface Word {
  readonly term: string;
  readonly meaning: string;
  /** Found in the page's text where the word is used. */
  readonly used: RegExp;
}

const words: readonly Word[] = [
  {
    term: 'Fair CRPS',
    meaning:
      'continuous ranked probability score, with the pairs of members divided by M(M − 1): comparable between ensembles of any size (Ferro 2014). Of a single field it is the absolute error.',
    used: /CRPS/,
  },
  {
    term: 'Skill',
    meaning:
      '1 − score / score of the reference: 1 (or 100 %) is perfect, 0 no better than the reference, below 0 worse.',
    used: /skill/,
  },
  {
    term: 'Spread–skill ratio',
    meaning:
      '√((M + 1)/M) · spread / RMSE of the mean, variances and squared errors averaged before the root (Fortin et al. 2014).',
    used: /spread–skill/i,
  },
  {
    term: 'Rank histogram',
    meaning:
      'how many members lay below what happened, counted over all points and starts; flat when truth and members are drawn from the same distribution (Hamill 2001).',
    used: /Rank of what happened/,
  },
  {
    term: 'Percentile',
    meaning:
      'the 90th percentile is what climatology exceeds one time in ten at that place and time of the year.',
    used: /percentile/,
  },
  {
    term: 'Brier score',
    meaning: 'mean of (probability given − 1 or 0 for happened or not)²: 0 is perfect (Brier 1950).',
    used: /Brier/,
  },
  {
    term: 'Reliability, sharpness',
    meaning:
      'a forecast is reliable when events given 30 % happen three times in ten, and sharp when its probabilities lie near 0 and 100 % (Murphy & Winkler 1987; ranges: Bröcker & Smith 2007).',
    used: /Reliability:/,
  },
  {
    term: 'ROC',
    meaning:
      'hit rate (share of events that were warned of) against false-alarm rate (share of non-events that were); the area under the curve is the chance that a case that happened was given a higher probability than one that did not (Mason 1982).',
    used: /ROC/,
  },
  {
    term: 'Economic value',
    meaning:
      'saving of someone who acts at the best probability for his ratio of cost to loss, between what climatology allows (0) and perfect knowledge (1) (Richardson 2000).',
    used: /what acting on the forecast|What acting/,
  },
  {
    term: 'Spectrum',
    meaning:
      'variance along circles of latitude by the number of waves round the circle, averaged over latitudes by their area.',
    used: /circles of latitude/,
  },
  {
    term: 'Epistemic and aleatoric',
    meaning:
      'the variance of K weight samples × J noise streams, split by the law of total variance: within W, between B; aleatoric = W, epistemic = B − W/J, cut at 0. By CRPS: ½ E|X − X′| of members of one weight sample is aleatoric, and what members of two samples lie further apart is epistemic; both add up to the CRPS of a perfect ensemble.',
    used: /pistemic/,
  },
  {
    term: 'Climatology',
    meaning: 'the values of the training years around the day of the year, as an ensemble.',
    used: /climatology/,
  },
  {
    term: 'Persistence',
    meaning: 'the analysis that a forecast starts from, left as it is.',
    used: /persistence/,
  },
  {
    term: 'EOF regression',
    meaning:
      'ridge regression on the leading EOFs of two input times with normal residuals, tuned inside the training years.',
    used: /EOF/,
  },
  {
    term: '95 % intervals',
    meaning: 'circular moving-block bootstrap over start dates; differences are paired start by start.',
    used: /95(&nbsp;|\s)%/,
  },
  {
    term: 'False discoveries',
    meaning:
      'of many cells some look better or worse by chance; the filled marks are chosen so that fewer than 10 % of them are expected to be (Benjamini & Hochberg 1995; Wilks 2016).',
    used: /false discoveries/,
  },
];

/** HTML; words that the page does not use are left out. @param html of the page's body */
export function wordList(html: string): string {
  const entries = words
    .filter(({ used }) => used.test(html))
    .map(({ term, meaning }) => `<dt>${term}</dt><dd>${escapeHtml(meaning)}</dd>`);
  return entries.length === 0
    ? ''
    : `<section id="words"><h2>What the words mean</h2><dl class="words">${entries.join('')}</dl></section>`;
}

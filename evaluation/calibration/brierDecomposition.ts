/**
 * The Brier score as reliability − resolution + uncertainty (Murphy 1973, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2).
 * With classes k of weight w_k (Σ = 1), mean probability p_k and frequency o_k of the event, o = Σ w_k o_k:
 *
 *   reliability = Σ w_k (p_k − o_k)²      resolution = Σ w_k (o_k − o)²      uncertainty = o(1 − o)
 *
 * equal to the Brier score where all forecasts of a class are alike. Reliability of M members is not 0 even where
 * members and truth are exchangeable: k of M is not the probability they were drawn with (Richardson 2001).
 */
import { type ClassGradient, classBetween, type ProbabilityClasses, totalsOf } from './probabilityClasses.js';

export interface BrierParts {
  readonly reliability: number;
  readonly resolution: number;
  readonly uncertainty: number;
}

/** NaN where no forecast was given. */
export function brierParts(classes: ProbabilityClasses): BrierParts {
  const { probability, given, happened } = classes;
  const total = totalsOf(classes);
  const mean = total.happened / total.given;
  let reliability = 0;
  let resolution = 0;
  for (let k = 0; k < given.length; k++) {
    if (!(given[k]! > 0)) continue;
    const frequency = happened[k]! / given[k]!;
    reliability += given[k]! * (probability[k]! - frequency) ** 2;
    resolution += given[k]! * (frequency - mean) ** 2;
  }
  return {
    reliability: reliability / total.given,
    resolution: resolution / total.given,
    uncertainty: mean * (1 - mean),
  };
}

/**
 * Without the bias that few cases a class bring: reliability and resolution both come out too large, uncertainty
 * too small (Ferro & Fricker 2012, doi:10.1002/qj.1924, eqs. 8 to 10). The correction is scaled back, all three
 * alike, where it would make reliability negative, or take resolution out of 0 … 1 or uncertainty beyond ¼.
 * @param classes weights are numbers of independent cases
 */
export function correctedBrierParts(classes: ProbabilityClasses): BrierParts {
  const { given, happened } = classes;
  const { reliability, resolution, uncertainty } = brierParts(classes);
  const total = totalsOf(classes);
  let within = 0;
  for (let k = 0; k < given.length; k++) {
    if (given[k]! > 1) within += (happened[k]! * (given[k]! - happened[k]!)) / (given[k]! * (given[k]! - 1));
  }
  within /= total.given;
  const overall = (total.happened * (total.given - total.happened)) / total.given ** 2 / (total.given - 1);
  const limits = [
    1,
    reliability / within,
    Math.max(resolution / (within - overall), (resolution - 1) / (within - overall)),
    (0.25 - uncertainty) / overall,
  ];
  // A limit that is 0 / 0 does not bind: there is nothing to correct.
  const share = Math.min(...limits.filter((limit) => !Number.isNaN(limit)));
  return {
    reliability: reliability - share * within,
    resolution: resolution - share * (within - overall),
    uncertainty: uncertainty + share * overall,
  };
}

/** First derivatives of the three parts by the weights of the classes; 0 for classes never given. */
export function brierGradients(
  classes: ProbabilityClasses,
): Readonly<Record<keyof BrierParts, ClassGradient>> {
  const { probability, given, happened } = classes;
  const parts = brierParts(classes);
  const total = totalsOf(classes);
  const mean = total.happened / total.given;
  const make = (): ClassGradient => ({
    given: new Float64Array(given.length),
    happened: new Float64Array(given.length),
  });
  const gradients = { reliability: make(), resolution: make(), uncertainty: make() };
  for (let k = 0; k < given.length; k++) {
    if (!(given[k]! > 0)) continue;
    const frequency = happened[k]! / given[k]!;
    const off = probability[k]! - frequency;
    const apart = frequency - mean;
    gradients.reliability.given[k] =
      (2 * probability[k]! * off - off * off - parts.reliability) / total.given;
    gradients.reliability.happened[k] = (-2 * off) / total.given;
    gradients.resolution.given[k] = (apart * apart - 2 * apart * frequency - parts.resolution) / total.given;
    gradients.resolution.happened[k] = (2 * apart) / total.given;
    gradients.uncertainty.given[k] = (-(1 - 2 * mean) * mean) / total.given;
    gradients.uncertainty.happened[k] = (1 - 2 * mean) / total.given;
  }
  return gradients;
}

/**
 * Standard errors of the three parts over independent cases, by propagation of error (Siegert 2014,
 * doi:10.1002/qj.2228): each case's influence on a part, its spread times √n.
 * @param probabilities, outcomes [case], as they went into the classes
 * @param edges of the classes, bins closed on the right
 */
export function brierStandardErrors(
  probabilities: Float64Array,
  outcomes: Float64Array,
  edges: Float64Array,
  classes: ProbabilityClasses,
): BrierParts {
  const { probability, given, happened } = classes;
  const gradients = brierGradients(classes);
  const n = probabilities.length;
  const errorOf = (part: keyof BrierParts): number => {
    const gradient = gradients[part];
    const influence = probabilities.map((p, i) => {
      const k = classBetween(p, edges, 'right');
      // A case also moves the mean probability of its class, which only reliability notices.
      const within =
        part === 'reliability'
          ? (2 * (probability[k]! - happened[k]! / given[k]!) * (p - probability[k]!)) / n
          : 0;
      return gradient.given[k]! + gradient.happened[k]! * outcomes[i]! + within;
    });
    const mean = influence.reduce((sum, value) => sum + value, 0) / n;
    return Math.sqrt(influence.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  };
  return {
    reliability: errorOf('reliability'),
    resolution: errorOf('resolution'),
    uncertainty: errorOf('uncertainty'),
  };
}

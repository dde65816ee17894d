/**
 * Size of a field by hemisphere: root mean square by area over each cap, 20°–90° north and south, brought to a target.
 * The two factors are blended linearly in latitude between 20°S and 20°N, so that the field has no step:
 *   f(φ) = f_S + (f_N − f_S) (φ + 20°) / 40°.
 * Caps and blending as in Mahesh et al. 2025, Geosci. Model Dev. 18, 5575 (hemispheric centred bred vectors). With one
 * factor for the globe, the hemisphere where errors grow faster would leave little to the other.
 * A region has the caps that its rows lie in; where it has one alone, that one's factor holds for all of it, and where
 * it has none the factor is that of its whole area.
 */
import { type Grid, rowWeights } from '../../core/grid.js';

const capLatitude = 20;

export interface HemisphericCaps {
  /**
   * Factors by row that bring a field's caps to a root mean square.
   * @param field [lat, lon]
   * @param factors [lat]; a cap where the field is zero takes the other's, and a field that is zero everywhere 0
   */
  factors(field: Float32Array, target: number, factors: Float64Array): void;
}

export function createHemisphericCaps(grid: Grid): HemisphericCaps {
  const { latitudes, longitudes } = grid;
  const columns = longitudes.length;
  const weights = rowWeights(grid);
  /** Share of the northern factor. */
  const north = latitudes.map((latitude) => Math.max(0, Math.min(1, (latitude / capLatitude + 1) / 2)));
  const squares = new Float64Array(latitudes.length);

  const rootMeanSquare = (within: (northernShare: number) => boolean): number => {
    let sum = 0;
    let area = 0;
    for (let row = 0; row < squares.length; row++) {
      if (!within(north[row]!)) continue;
      sum += weights[row]! * squares[row]!;
      area += weights[row]! * columns;
    }
    return area === 0 ? 0 : Math.sqrt(sum / area);
  };

  return {
    factors(field, target, factors) {
      for (let row = 0; row < squares.length; row++) {
        let sum = 0;
        for (let at = row * columns; at < (row + 1) * columns; at++) sum += field[at]! ** 2;
        squares[row] = sum;
      }
      const northern = rootMeanSquare((share) => share === 1);
      const southern = rootMeanSquare((share) => share === 0);
      const size = northern || southern || rootMeanSquare(() => true);
      if (size === 0) {
        factors.fill(0);
        return;
      }
      const northFactor = target / (northern || size);
      const southFactor = target / (southern || size);
      for (let row = 0; row < factors.length; row++) {
        factors[row] = southFactor + (northFactor - southFactor) * north[row]!;
      }
    },
  };
}

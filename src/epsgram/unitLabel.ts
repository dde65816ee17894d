/** Units of an EPSgram as people write them. */
import { displayUnit } from '../report/displayUnit.js';

export function unitLabel(unit: string): string {
  return unit === 'degC' ? '°C' : displayUnit(unit === 'Pa' ? '' : unit).label || unit;
}

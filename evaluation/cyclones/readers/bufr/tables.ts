/**
 * What of the tables of BUFR the templates of cyclone tracks need: elements (table B) and sequences (table D) by their
 * descriptors FXXYYY, as in the WMO Manual on Codes, WMO-No. 306, volume I.2, part B (github.com/wmo-im/BUFR4).
 */

/** value = (stored + reference) · 10^−scale; texts have a character each eight bits. */
export interface TableElement {
  readonly name: string;
  readonly kind: 'number' | 'code' | 'text';
  readonly scale: number;
  readonly reference: number;
  /** Bits. */
  readonly width: number;
}

function number(name: string, scale: number, reference: number, width: number): TableElement {
  return { name, kind: 'number', scale, reference, width };
}

function code(name: string, width: number): TableElement {
  return { name, kind: 'code', scale: 0, reference: 0, width };
}

function text(name: string, characters: number): TableElement {
  return { name, kind: 'text', scale: 0, reference: 0, width: 8 * characters };
}

export const tableB: ReadonlyMap<string, TableElement> = new Map([
  ['001007', code('satellite identifier', 10)],
  ['001025', text('storm identifier', 3)],
  ['001026', text('WMO storm name', 8)],
  ['001027', text('WMO long storm name', 10)],
  ['001031', code('originating centre', 16)],
  ['001032', code('generating application', 8)],
  ['001033', code('originating centre', 8)],
  ['001034', code('originating sub-centre', 8)],
  ['001035', code('originating centre', 16)],
  ['001090', code('technique for making up initial perturbations', 8)],
  ['001091', number('ensemble member number', 0, 0, 10)],
  ['001092', code('type of ensemble forecast', 8)],
  ['004001', number('year', 0, 0, 12)],
  ['004002', number('month', 0, 0, 4)],
  ['004003', number('day', 0, 0, 6)],
  ['004004', number('hour', 0, 0, 5)],
  ['004005', number('minute', 0, 0, 6)],
  ['004024', number('time period, h', 0, -2048, 12)],
  ['005001', number('latitude', 5, -9_000_000, 25)],
  ['005002', number('latitude', 2, -9000, 15)],
  ['005021', number('bearing, degrees true', 2, 0, 16)],
  ['006001', number('longitude', 5, -18_000_000, 26)],
  ['006002', number('longitude', 2, -18_000, 16)],
  ['008005', code('meteorological attribute significance', 4)],
  ['008021', code('time significance', 5)],
  ['010004', number('pressure, Pa', -1, 0, 14)],
  ['010051', number('pressure reduced to mean sea level, Pa', -1, 0, 14)],
  ['011012', number('wind speed at 10 m, m/s', 1, 0, 12)],
  ['019003', number('wind speed threshold, m/s', 0, 0, 8)],
  ['019004', number('radius of winds above the threshold, m', -2, 0, 12)],
  ['031000', number('short replication factor', 0, 0, 1)],
  ['031001', number('replication factor', 0, 0, 8)],
  ['031002', number('extended replication factor', 0, 0, 16)],
]);

const windRadii = ['107003', '019003', '105004', '005021', '005021', '201131', '019004', '201000'];
const centreAndWind = ['301023', '010051', '008005', '301023', '011012'];

export const tableD: ReadonlyMap<string, readonly string[]> = new Map([
  ['301011', ['004001', '004002', '004003']],
  ['301012', ['004004', '004005']],
  ['301021', ['005001', '006001']],
  ['301023', ['005002', '006002']],
  // Tropical cyclone track and wind radii.
  [
    '316082',
    [
      ...['001033', '001034', '001032', '001025', '001027', '001090', '001091', '001092', '301011', '301012'],
      ...['008005', '301023', '008005', ...centreAndWind, ...windRadii],
      ...['116000', '031001', '008021', '004024', '008005', ...centreAndWind, ...windRadii],
    ],
  ],
]);

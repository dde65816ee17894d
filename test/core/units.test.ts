import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlumeError } from '../../core/errors.js';
import { convert, isKnownUnit, normaliseUnit, unitsLike } from '../../core/units.js';

describe('spellings', () => {
  it.each([
    ['m s**-1', 'm s-1'],
    ['m/s', 'm s-1'],
    ['m s^-1', 'm s-1'],
    ['m.s-1', 'm s-1'],
    ['m·s⁻¹', 'm s-1'],
    ['m**2 s**-2', 'm2 s-2'],
    ['m2/s2', 'm2 s-2'],
    ['kg/m2/s', 'kg m-2 s-1'],
    ['kg kg**-1', 'kg kg-1'],
    ['millibars', 'hPa'],
    ['mb', 'hPa'],
    ['Pascals', 'Pa'],
    ['degrees_Celsius', 'degC'],
    ['°C', 'degC'],
    ['(0 - 1)', '1'],
    ['kts', 'knot'],
  ])('%s is %s', (text, expected) => {
    expect(normaliseUnit(text)).toBe(expected);
  });

  it('leaves a unit it does not know as it is written', () => {
    expect(normaliseUnit(' furlong ')).toBe('furlong');
    expect(isKnownUnit('furlong')).toBe(false);
  });
});

describe('conversions', () => {
  it.each([
    [1013.25, 'hPa', 'Pa', 101_325],
    [101_325, 'Pa', 'mb', 1013.25],
    [760, 'mmHg', 'Pa', 101_325],
    [0, 'degC', 'K', 273.15],
    [-40, 'degF', 'degC', -40],
    [212, 'degF', 'K', 373.15],
    [36, 'km/h', 'm s-1', 10],
    [3600, 'knots', 'm s-1', 1852],
    [5500, 'gpm', 'm2 s-2', 53_936.575],
    [5500, 'm', 'm**2 s**-2', 53_936.575],
    [53_936.575, 'm2 s-2', 'm', 5500],
    [12, 'mm', 'm', 0.012],
    [60, 'nautical_miles', 'km', 111.12],
    [8, 'g/kg', 'kg kg-1', 0.008],
    [50, '%', '1', 0.5],
  ])('%d %s is %s … %d', (value, from, to, expected) => {
    expect(convert(value, from, to)).toBeCloseTo(expected, 8);
  });

  it('come back to where they started', () => {
    const pairs = fc.constantFrom(['hPa', 'Pa'], ['degF', 'K'], ['knot', 'm s-1'], ['gpm', 'm2 s-2']);
    fc.assert(
      fc.property(pairs, fc.double({ min: -1e5, max: 1e5, noNaN: true }), ([a = '', b = ''], value) => {
        expect(convert(convert(value, a, b), b, a)).toBeCloseTo(value, 6);
      }),
    );
  });

  it('are told apart by what they measure', () => {
    expect(unitsLike('km/h')).toEqual(['km h-1', 'm s-1', 'knot', 'mph']);
    expect(unitsLike('furlong')).toEqual([]);
  });

  it('refuse what measures something else, and what nobody knows, as bad data', () => {
    expect(() => convert(1, 'K', 'Pa')).toThrow(PlumeError);
    expect(() => convert(1, 'K', 'Pa')).toThrow(/temperature.*pressure/);
    expect(() => convert(1, 'furlong', 'm')).toThrow(/"furlong" is not known/);
  });
});

/** Who the members of a forecast are for each choice of its uncertainty, and which choices contradict each other. */
import { describe, expect, it } from 'vitest';
import type { ModelSource, Uncertainty } from '../../models/open.js';
import { parseModelSource } from '../../models/source.js';
import { chosenDesign, chosenUncertainty, memberAmplitude } from '../../src/forecastUncertainty.js';

const network = (uncertainty: Uncertainty): ModelSource => ({
  kind: 'bayesian',
  directory: 'model',
  uncertainty,
});
const plain = { deterministic: false } as const;

function designText(
  uncertainty: Uncertainty,
  options: Partial<Parameters<typeof chosenDesign>[0]> = {},
): string {
  const { weightSamples, noiseStreams } = chosenDesign(
    { ...plain, uncertainty, ...options },
    network(uncertainty),
  );
  return `${weightSamples}x${noiseStreams}`;
}

describe('the members of a forecast are by default', () => {
  it.each([
    ['hybrid', '8x6'],
    ['epistemic', '48x1'],
    ['aleatoric', '1x48'],
    ['none', '1x1'],
  ] as const)('of %s uncertainty %s', (uncertainty, expected) => {
    expect(designText(uncertainty)).toBe(expected);
  });

  it('as many where nothing but their start makes them differ', () => {
    expect(designText('none', { initial: 0.1 })).toBe('1x48');
    expect(designText('none', { analysisError: 0.1 })).toBe('1x48');
    expect(designText('none', { analysisError: 0.1, initial: 0 })).toBe('1x1');
  });

  it('one where nothing is left to chance, from the analysis itself', () => {
    const options = { deterministic: true, analysisError: 0.1 };
    expect(designText('none', options)).toBe('1x1');
    expect(memberAmplitude(options)).toBe(0);
    expect(chosenUncertainty({ deterministic: true })).toBe('none');
  });
});

describe('members that would be copies of each other are refused', () => {
  it('noise streams without noise', () => {
    expect(() => designText('epistemic', { members: '8x6' })).toThrow(
      /--members 8x6 with --uncertainty epistemic: without noise, 6 members of each weight sample would be the same; use --members 48x1/,
    );
    expect(designText('epistemic', { members: '8x6', initial: 0.1 })).toBe('8x6');
  });

  it('any two without noise and weight samples', () => {
    expect(() => designText('none', { members: '2x1' })).toThrow(
      /2 members would be the same; use --members 1x1/,
    );
    expect(designText('none', { members: '2x3', initial: 0.1 })).toBe('2x3');
  });

  it('not those that share weights but not their noise', () => {
    expect(designText('aleatoric', { members: '8x6' })).toBe('8x6');
  });
});

describe('uncertainty that cannot be', () => {
  it('of a deterministic forecast', () => {
    expect(() => chosenUncertainty({ deterministic: true, uncertainty: 'hybrid' })).toThrow(
      /--deterministic has no uncertainty, --uncertainty hybrid asks for one/,
    );
    expect(chosenUncertainty({ deterministic: true, uncertainty: 'none' })).toBe('none');
  });

  it('of the nature model, which has neither weights nor noise', () => {
    for (const uncertainty of ['hybrid', 'epistemic', 'aleatoric'] as const) {
      expect(() => parseModelSource('nature:truncation=21,levels=8', { uncertainty })).toThrow(
        /"nature:truncation=21,levels=8" has neither weights nor noise .*members differ by --initial/,
      );
    }
    const nature = parseModelSource('nature', { uncertainty: 'none' });
    expect(nature.kind).toBe('nature');
    expect(chosenDesign({ ...plain, initial: 0.1 }, nature)).toEqual({ weightSamples: 1, noiseStreams: 48 });
  });
});

/** Who the members of a forecast are for each choice of its uncertainty, and which choices contradict each other. */
import { describe, expect, it } from 'vitest';
import type { ModelSource, Uncertainty } from '../../models/open.js';
import { parseModelSource } from '../../models/source.js';
import { askedPerturbations, chosenDesign, chosenUncertainty } from '../../src/forecastUncertainty.js';

const network = (uncertainty: Uncertainty): ModelSource => ({
  kind: 'bayesian',
  directory: 'model',
  uncertainty,
});
const plain = { deterministic: false } as const;

type Asked = Partial<Parameters<typeof askedPerturbations>[0] & Parameters<typeof chosenDesign>[0]>;

async function designText(uncertainty: Uncertainty, options: Asked = {}): Promise<string> {
  const all = { ...plain, uncertainty, ...options };
  const { weightSamples, noiseStreams } = chosenDesign(
    all,
    network(uncertainty),
    await askedPerturbations(all),
  );
  return `${weightSamples}x${noiseStreams}`;
}

describe('the members of a forecast are by default', () => {
  it.each([
    ['hybrid', '8x6'],
    ['epistemic', '48x1'],
    ['aleatoric', '1x48'],
    ['none', '1x1'],
  ] as const)('of %s uncertainty %s', async (uncertainty, expected) => {
    expect(await designText(uncertainty)).toBe(expected);
  });

  it('as many where nothing but their start makes them differ', async () => {
    expect(await designText('none', { initial: 0.1 })).toBe('1x48');
    expect(await designText('none', { perturb: ['white'] })).toBe('1x48');
    expect(await designText('none', { analysisError: 0.1 })).toBe('1x48');
    expect(await designText('none', { analysisError: 0.1, initial: 0 })).toBe('1x1');
  });

  it('those of noise where steps are perturbed, whatever the model has learned of noise', async () => {
    expect(await designText('none', { perturb: ['sppt'] })).toBe('1x48');
    expect(await designText('epistemic', { perturb: ['sppt'] })).toBe('8x6');
    expect(await designText('epistemic', { perturb: ['white'] })).toBe('48x1');
    expect(await designText('epistemic', { members: '4x3', perturb: ['skeb'] })).toBe('4x3');
  });

  it('one where nothing is left to chance, from the analysis itself', async () => {
    const options = { deterministic: true, analysisError: 0.1 };
    expect(await designText('none', options)).toBe('1x1');
    expect(await askedPerturbations(options)).toEqual([]);
    await expect(askedPerturbations({ ...options, initial: 0.1 })).rejects.toThrow(/leave out --initial/);
    await expect(askedPerturbations({ ...options, perturb: ['sppt'] })).rejects.toThrow(
      /leave out --perturb/,
    );
    expect(chosenUncertainty({ deterministic: true })).toBe('none');
  });
});

describe('members that would be copies of each other are refused', () => {
  it('noise streams without noise', async () => {
    await expect(designText('epistemic', { members: '8x6' })).rejects.toThrow(
      /--members 8x6 with --uncertainty epistemic: without noise, 6 members of each weight sample would be the same; use --members 48x1/,
    );
    expect(await designText('epistemic', { members: '8x6', initial: 0.1 })).toBe('8x6');
  });

  it('any two without noise and weight samples', async () => {
    await expect(designText('none', { members: '2x1' })).rejects.toThrow(
      /2 members would be the same; use --members 1x1/,
    );
    expect(await designText('none', { members: '2x3', initial: 0.1 })).toBe('2x3');
  });

  it('not those that share weights but not their noise', async () => {
    expect(await designText('aleatoric', { members: '8x6' })).toBe('8x6');
  });
});

describe('members start', () => {
  const asked = async (options: Asked): Promise<unknown[]> =>
    (await askedPerturbations({ ...plain, ...options })).map(({ kind, values }) => [
      kind,
      values.get('amplitude'),
    ]);

  it('apart by differences of states of the size of the analysis error where nobody says how', async () => {
    expect(await asked({})).toEqual([]);
    expect(await asked({ analysisError: 0.2 })).toEqual([['state-difference', 0.2]]);
    expect(await asked({ analysisError: 0.2, perturb: ['sppt'] })).toEqual([
      ['state-difference', 0.2],
      ['sppt', undefined],
    ]);
    expect(await asked({ analysisError: 0.2, perturb: ['white', 'sppt'] })).toEqual([
      ['white', 0.05],
      ['sppt', undefined],
    ]);
  });

  it('by --initial first, and then by what --perturb names, in its order', async () => {
    expect(await asked({ initial: 0.3, perturb: ['red', 'white'] })).toEqual([
      ['state-difference', 0.3],
      ['red', 0.05],
      ['white', 0.05],
    ]);
    expect(await asked({ analysisError: 0.2, initial: 0, perturb: [] })).toEqual([]);
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
    expect(chosenDesign(plain, nature, [])).toEqual({ weightSamples: 1, noiseStreams: 48 });
  });
});

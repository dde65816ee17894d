/** What the comparison of perturbations asks for is what plume forecast takes and both models can be perturbed by. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Arm, flagsOf, joinedArms, plainArms } from '../../bench/evidence/perturbations/arms.js';
import { type StudiedModel, studyOf } from '../../bench/evidence/perturbations/study.js';
import { channelName } from '../../core/schema.js';
import { parseDesign } from '../../ensembles/design.js';
import { perturbationNeeds } from '../../ensembles/perturbationPlan.js';
import { describeModel } from '../../models/open.js';
import { parseModelSource } from '../../models/source.js';
import { isStep } from '../../perturbations/parameters.js';
import { parsePerturbations } from '../../perturbations/parse.js';
import { perturbationPlan } from '../../src/forecastPerturbations.js';

const study = studyOf({ atmosphere: undefined, quick: false });
/** Daily, long enough for amplitudes. */
const times = Float64Array.from({ length: 60 }, (_, day) => Date.UTC(2001, 0, 1 + day));
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plume-arms-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

function armsOf(model: StudiedModel, errors: string): Arm[] {
  const plain = plainArms(study, model, errors);
  const best = plain.find(({ name }) => name === 'bred')!;
  return [...plain, ...joinedArms(study, model, best, best.candidates[1]!)];
}

describe.each(study.models)('arms of $name', (model) => {
  it('can all be asked for, and suit the model', async () => {
    const errors = join(directory, `${model.name}.json`);
    const { schema } = await describeModel(parseModelSource(model.model));
    const channels = schema.channels.map((channel) => [channelName(channel), { rms: 1, unit: channel.unit }]);
    await writeFile(
      errors,
      JSON.stringify({
        ...{ plume: 'test', model: {}, archive: ['test'], lead_hours: 48, starts: ['2001-01-01T00:00:00Z'] },
        ...{ analysis_error: 0, channels: Object.fromEntries(channels) },
      }),
    );
    const describedBy = new Map<string, ReturnType<typeof describeModel>>();
    for (const arm of armsOf(model, errors)) {
      const uncertainty = model.name === 'network' ? arm.uncertainty : undefined;
      const key = String(uncertainty);
      if (!describedBy.has(key))
        describedBy.set(key, describeModel(parseModelSource(model.model, { uncertainty })));
      const described = await describedBy.get(key)!;
      for (const { perturb } of arm.candidates) {
        const plan = await perturbationPlan(
          { analysisError: study.analysisError },
          await parsePerturbations(perturb),
          described,
          { times, name: 'test', firstStart: Date.UTC(2001, 2, 15) },
        );
        expect(() => perturbationNeeds(plan, described), arm.name).not.toThrow();
        const differ = plan.initial.length + plan.steps.length > 0 || arm.kind === 'weights';
        expect(differ, `${arm.name} perturbs nothing`).toBe(true);
      }
    }
  });

  it('have the same number of members, but lags that a model of long steps has not', () => {
    for (const arm of armsOf(model, 'errors.json')) {
      const { weightSamples, noiseStreams } = parseDesign(arm.members);
      const lagged = arm.name === 'lagged' && model.name === 'network';
      expect(weightSamples * noiseStreams, arm.name).toBe(lagged ? 5 : study.members);
      expect(flagsOf(model, arm, arm.candidates[0]!)).toContain('--members');
    }
  });

  it('put what perturbs steps after what members start with', async () => {
    for (const arm of armsOf(model, 'errors.json').filter(({ name }) => name.startsWith('best-'))) {
      const kinds = await parsePerturbations(arm.candidates[0]!.perturb);
      expect(kinds[0]?.kind).toBe('bred');
      expect(kinds.slice(1).every((request) => isStep(request as never))).toBe(true);
    }
  });
});

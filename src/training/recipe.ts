/**
 * The recipes by name, and what becomes of them where another network, another posterior or another number of networks is
 * asked for.
 */
import type { NetworkConfig } from '../../models/bayesian/networks/createNetwork.js';
import type { NetworkKind } from '../../models/bayesian/networks/defaultNetwork.js';
import type { PosteriorName } from '../../models/bayesian/training/posteriorNames.js';
import type { Stage } from '../../models/bayesian/training/stages.js';
import { earthBrief, earthStandard } from './earthRecipes.js';
import { nature, natureBrief, natureEvidence } from './natureRecipes.js';
import type { PresetName } from './presetNames.js';
import type { Recipe, TrainingPlan } from './recipeForm.js';
import { brief, standard } from './regionalRecipes.js';

export type { Recipe } from './recipeForm.js';

export const recipes: Readonly<Record<PresetName, Recipe>> = {
  standard,
  brief,
  nature,
  'nature-evidence': natureEvidence,
  'nature-brief': natureBrief,
};

/** How each kind of network is trained where a preset is about another kind. */
const plans: Readonly<Record<NetworkKind, Readonly<Record<'standard' | 'brief', TrainingPlan>>>> = {
  regional: { standard: planOf(standard), brief: planOf(brief) },
  global: { standard: planOf(nature), brief: planOf(natureBrief) },
  'earth-transformer': { standard: earthStandard, brief: earthBrief },
};

/** Without what is the preset's own: its data and its network. */
function planOf(recipe: Recipe): TrainingPlan {
  const { network, stepHours, channels, climate, ...plan } = recipe;
  return plan;
}

/** True of presets for a first look and for tests. */
export function isBrief(preset: PresetName): boolean {
  return preset === 'brief' || preset === 'nature-brief';
}

export interface RecipeRequest {
  readonly preset: PresetName;
  readonly network: NetworkConfig;
  readonly posterior: PosteriorName;
  /** Networks trained from different starts, in place of the recipe's number. */
  readonly components?: number | undefined;
}

/**
 * A preset with a network and a posterior that may be others than those it was chosen with. A deep ensemble has several
 * networks; SWAG takes its snapshots at a constant rate, through the whole stage; where masks are the posterior, no others
 * are laid over.
 */
export function recipeFor({ preset, network, posterior, components }: RecipeRequest): Recipe {
  const recipe = withPosterior(withNetwork(preset, network), posterior);
  return components === undefined ? recipe : { ...recipe, components };
}

/** The data of the preset, the climate that the network needs, and the stages of its kind. */
function withNetwork(preset: PresetName, network: NetworkConfig): Recipe {
  const own = recipes[preset];
  const { symmetry = 'none' } = own.climate;
  const climate =
    network.kind === 'global'
      ? ({ harmonics: 0, symmetry: 'zonal' } as const)
      : { harmonics: network.harmonics, symmetry };
  if (network.kind === own.network.kind) return { ...own, network, climate };
  const plan = plans[network.kind][isBrief(preset) ? 'brief' : 'standard'];
  // errors of the analyses belong to the data, not to the network
  const { initialError } = own.calibration;
  const stages = plan.stages.map((stage) =>
    stage.name === 'aleatoric' ? { ...stage, initialError } : stage,
  );
  const calibration = { ...plan.calibration, initialError };
  return { ...own, ...plan, stages, calibration, network, climate };
}

function withPosterior(recipe: Recipe, posterior: PosteriorName): Recipe {
  switch (posterior) {
    case 'mean-field':
    case 'rank-one':
    case 'last-layer-laplace':
      return recipe;
    case 'deep-ensemble':
      return { ...recipe, components: recipe.ensembleComponents };
    case 'swag':
      return withStages(recipe, (stage) =>
        stage.name === 'epistemic' ? { ...stage, schedule: 'constant' } : stage,
      );
    case 'dropout':
      return withStages(recipe, (stage) =>
        stage.name === 'deterministic' ? stage : { ...stage, dropout: 0 },
      );
  }
}

function withStages(recipe: Recipe, change: (stage: Stage) => Stage): Recipe {
  return { ...recipe, stages: recipe.stages.map(change) };
}

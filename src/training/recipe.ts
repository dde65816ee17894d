/**
 * The recipes by name, and what becomes of them where another posterior or another number of networks is asked for.
 */
import type { PosteriorName } from '../../models/bayesian/training/posteriorNames.js';
import type { Stage } from '../../models/bayesian/training/stages.js';
import { nature, natureBrief, natureEvidence } from './natureRecipes.js';
import type { Recipe } from './recipeForm.js';
import { brief, standard } from './regionalRecipes.js';

export type { Recipe } from './recipeForm.js';

export const presetNames = ['standard', 'brief', 'nature', 'nature-evidence', 'nature-brief'] as const;
export type PresetName = (typeof presetNames)[number];

export const recipes: Readonly<Record<PresetName, Recipe>> = {
  standard,
  brief,
  nature,
  'nature-evidence': natureEvidence,
  'nature-brief': natureBrief,
};

/**
 * A preset with another posterior than the mean-field one it was chosen with: a deep ensemble has several networks; SWAG
 * takes its snapshots at a constant rate, through the whole stage; where masks are the posterior, no others are laid over.
 * @param components networks trained from different starts, in place of the recipe's number
 */
export function recipeFor(preset: PresetName, posterior: PosteriorName, components?: number): Recipe {
  const recipe = withPosterior(recipes[preset], posterior);
  return components === undefined ? recipe : { ...recipe, components };
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

/** The recipes of plume train, as in `--preset`; what each of them says is recipe.ts. */
export const presetNames = ['standard', 'brief', 'nature', 'nature-evidence', 'nature-brief'] as const;
export type PresetName = (typeof presetNames)[number];

/** The rooms and the arrows between them: imports run downward only (ARCHITECTURE.md). */
const rule = (from, to, why) => ({
  name: `${from}-not-to-${to.join('-')}`,
  comment: why,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: `^(${to.join('|')})/` },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    rule(
      'core',
      ['models', 'perturbations', 'ensembles', 'evaluation', 'src'],
      'core is the ground: it knows no room above it',
    ),
    rule('models', ['perturbations', 'ensembles', 'evaluation', 'src'], 'a model only steps states'),
    rule('perturbations', ['models', 'ensembles', 'evaluation', 'src'], 'noise knows no model'),
    rule('ensembles', ['evaluation', 'src'], 'ensembles are made without looking at the truth'),
    rule(
      'evaluation',
      ['models', 'perturbations', 'ensembles', 'src'],
      "evaluation scores anyone's forecast from a run directory and an archive alone",
    ),
    { name: 'no-tests-in-rooms', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};

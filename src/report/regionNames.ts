/** Regions and seasons as a reader calls them. */

const regions: Readonly<Record<string, string>> = {
  all: 'whole domain',
  nh: 'northern hemisphere',
  sh: 'southern hemisphere',
  tropics: 'tropics',
  europe: 'Europe',
  namerica: 'North America',
  land: 'land',
  sea: 'sea',
};
const seasons: Readonly<Record<string, string>> = {
  all: 'all year',
  DJF: 'December to February',
  MAM: 'March to May',
  JJA: 'June to August',
  SON: 'September to November',
};

export function regionName(region: string): string {
  return regions[region] ?? region;
}

export function seasonName(season: string): string {
  return seasons[season] ?? season;
}

/** A name with more wrong letters than this is another name. */
const MOST_WRONG = 3;
/** Names that platforms set, and no person spells. */
const PLATFORM_NAMES = /^(AWS|ECS|K|KUBERNETES)_/;

/** A variable that seems to be meant for a setting: its name, and the setting that it comes nearest. */
export interface MisspeltSetting {
  name: string;
  nearest: string;
}

/** Finds names that belong to no setting, but begin like one and differ from it in a quarter of its letters at most. */
export function misspeltAmong(names: readonly string[], settings: readonly string[]): MisspeltSetting[] {
  return names.flatMap((name) => {
    if (settings.includes(name) || PLATFORM_NAMES.test(name)) return [];
    const letters = name.toUpperCase();
    const near = settings
      .filter((setting) => letters[0] === setting[0] && letters[1] === setting[1])
      .map((setting) => ({ setting, wrong: distance(letters, setting) }))
      .filter(({ setting, wrong }) => wrong <= Math.min(MOST_WRONG, Math.floor(setting.length / 4)));
    const [nearest] = near.sort((a, b) => a.wrong - b.wrong);
    return nearest ? [{ name, nearest: nearest.setting }] : [];
  });
}

/** Counts the letters that are missing, too many, others, or swapped with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isOther = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + isOther);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** What mount(8) is to do, as a line of fstab(5). */
export interface MountLine {
  readonly source: string;
  readonly target: string;
  readonly type?: string;
  readonly options: string;
}

/** Shows `source` at `target`, with all that is mounted below it: a user namespace lets nobody look beneath its mounts. */
export const bind = (source: string, target: string): MountLine => ({ source, target, options: 'rbind' });

/** As {@link bind}; a source that has just gone is no error. */
export const bindIfThere = (source: string, target: string): MountLine => ({ source, target, options: 'rbind,nofail' });

const escaped = (field: string): string =>
  field.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);

export const fstab = (lines: readonly MountLine[]): string =>
  lines
    .map(({ source, target, type = 'none', options }) => [source, target, type, options].map(escaped).join(' '))
    .map((line) => `${line} 0 0\n`)
    .join('');

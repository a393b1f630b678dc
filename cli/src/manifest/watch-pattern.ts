// One pattern of the manifest's `watch`, and how much work it may cause for each file that it is matched against.
import * as v from 'valibot';
import { text } from './schema-parts.ts';

/** Maximum number of patterns of one function. */
export const mostWatchPatterns = 100;

/** Maximum length in characters. */
const longestPattern = 256;

/**
 * Maximum number of stars in a part of a path, and of parts that are `**`. The matcher tries every way to distribute a name over
 * its stars: with 5 of them a name of 200 characters takes half a minute.
 */
const mostStars = 3;

/** A pattern of .gitignore, for livectl.json and for a stage. */
export const watchPattern = v.pipe(
  text,
  v.nonEmpty('must be a pattern'),
  v.maxLength(longestPattern),
  v.check(
    isQuick,
    ({ input }) =>
      `${JSON.stringify(input)} must not have more than ${mostStars} stars between slashes, nor more than ${mostStars} times **`,
  ),
);

function isQuick(pattern: string): boolean {
  const parts = pattern.split('/');
  const isAny = (part: string) => /^\*\*+$/.test(part);
  return (
    parts.filter(isAny).length <= mostStars &&
    parts.every((part) => isAny(part) || part.split(/\*+/).length - 1 <= mostStars)
  );
}

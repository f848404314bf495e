/** A word as it was typed, without its quotes. One that is still open ends with the word. */
function unquoted(word: string): string {
  let text = '';
  let quote = '';
  for (let at = 0; at < word.length; at++) {
    const character = word.charAt(at);
    if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = '';
    else if (character === '\\' && quote !== "'") text += word.charAt(++at);
    else text += character;
  }
  return text;
}

/**
 * COMP_WORDS up to the cursor. bash makes words of their own of `=`, which end where the option begins; what it replaces is
 * only what stands behind it, so that an option and its value are two words here too.
 */
export function bashWords(words: readonly string[]): string[] {
  const isSign = (index: number): boolean => words[index] === '=' && (words[index - 1] ?? '').startsWith('--');
  const typed = words.flatMap((word, index) => (isSign(index) ? [] : [unquoted(word)]));
  return isSign(words.length - 1) ? [...typed, ''] : typed;
}

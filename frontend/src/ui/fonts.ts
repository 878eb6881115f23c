import italic from '@fontsource-variable/figtree/files/figtree-latin-wght-italic.woff2' with { type: 'file' };
import normal from '@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2' with { type: 'file' };
import extended from '@fontsource-variable/figtree/files/figtree-latin-ext-wght-normal.woff2' with { type: 'file' };

const LATIN =
  'U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+2000-206F, U+20AC, U+2122';
const LATIN_EXTENDED = 'U+0100-02BA, U+1E00-1E9F, U+1EF2-1EFF, U+20A0-20AB, U+20AD-20C0';

/**
 * Declares the page's fonts; the browser loads each when a text first needs it. Not in the style sheet, because Bun
 * inlines fonts that a style sheet names, and the policy only allows fonts from this origin.
 */
export function addFonts(): void {
  const faces = [
    new FontFace('Figtree Variable', `url(${normal})`, {
      weight: '300 900',
      unicodeRange: LATIN,
      display: 'swap',
    }),
    new FontFace('Figtree Variable', `url(${extended})`, {
      weight: '300 900',
      unicodeRange: LATIN_EXTENDED,
      display: 'swap',
    }),
    new FontFace('Figtree Variable', `url(${italic})`, {
      weight: '300 900',
      style: 'italic',
      unicodeRange: LATIN,
      display: 'swap',
    }),
  ];
  for (const face of faces) document.fonts.add(face);
}

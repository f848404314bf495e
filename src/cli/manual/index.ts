/**
 * The manual page, made from the definitions of the command line.
 *
 * sections   what the definitions do not say: the session, files, environment, exit status
 * roff       the few macros of man(7) that it takes
 * page       the page
 *
 * man/mips-rprocfs.1 is what `npm run man` writes.
 */
export { manualPage } from './page.js';
export { ENVIRONMENT, EXIT_STATUS, SESSION } from './sections.js';

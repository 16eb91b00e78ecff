/**
 * The version of the program.
 *
 * @module
 */

/** As `caktus --version` prints it, and as the CHANGELOG names it. */
export const VERSION = "0.1.0";

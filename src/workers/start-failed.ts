/** The workers cannot run the configuration; its addresses had been found free. */
export class StartFailed extends Error {}

/** An answer that is no HTTP/1, or that could be read in two ways. */
export class AnswerFault extends Error {}

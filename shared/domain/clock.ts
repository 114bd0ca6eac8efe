/** The only source of "now" for code in `shared/` and the engine; tests pass a virtual one. */
export interface Clock {
  now(): Date;
}

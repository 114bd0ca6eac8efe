/** Problems without those that another one says word by word already: of a full disk every line would tell. */
export function toldOnce<Problem extends { what: string; todo: string }>(
  problems: readonly Problem[],
): readonly Problem[] {
  return problems.filter(
    ({ what, todo }, at) => problems.findIndex((one) => one.what === what && one.todo === todo) === at,
  );
}
